import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeLines } from '../../src/reports/bounded-text.ts';
import { deviceFacts, deviceTexts } from '../../src/reports/device-info.ts';
import { clockState } from '../../src/reports/machine/clock-state.ts';
import { formatDisks, mountsWithData } from '../../src/reports/machine/disks.ts';
import { networkInterfaceList } from '../../src/reports/machine/interfaces.ts';
import { parseMeminfo } from '../../src/reports/machine/memory.ts';
import { temperatures } from '../../src/reports/machine/temperatures.ts';

describe('device_info', () => {
  it('holds what the commands print, in whole lines and no more than has room', async () => {
    const long = `Filesystem\n${'/dev/sda1 1G 1M 1G 1% /data\n'.repeat(1000)}`;
    const texts = await deviceTexts({ disks: [] }, async (command, args) =>
      command === 'df' ? long : `output of ${[command, ...args].join(' ')}\n`,
    );
    expect(texts).toMatchObject({ uname: 'output of uname -a', free: 'output of free' });
    expect(texts.df.length).toBeLessThanOrEqual(4096);
    expect(texts.df).toMatch(/% \/data$/);
  });

  it('has the texts from the kernel where the commands are missing', async () => {
    const facts = await deviceFacts(Date.now(), undefined);
    const texts = await deviceTexts(facts, async () => undefined);
    expect(texts.uname).toMatch(/^Linux \S+ \S+/);
    expect(texts.df).toMatch(/^Filesystem Size Used Avail Use% Mounted on\n(.+ \d+% \/.*\n?)+/);
    expect(texts.free).toMatch(/^MemTotal: +\d+ kB\nMemFree:/);
  });

  it('of this machine has all its parts', async () => {
    const facts = await deviceFacts(Date.now(), 2);
    expect(facts.ipaddrs).toContain('lo: 127.0.0.1');
    expect(facts.uptime).toBeGreaterThan(0);
    expect(facts.load).toHaveLength(3);
    expect(facts.disks?.length).toBeGreaterThan(0);
    for (const { size, used, available } of facts.disks ?? []) {
      expect(size).toBeGreaterThanOrEqual(used);
      expect(available).toBeLessThanOrEqual(size);
    }
    expect(facts.memory?.total).toBeGreaterThan(facts.memory?.available ?? 0);
    expect(facts.interfaces).toContainEqual(expect.objectContaining({ name: 'lo', up: true }));
    expect(facts.boot_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(facts.clock).toMatchObject({ state: 'ok', offset: 2 });
    expect(JSON.stringify({ ...facts, ...(await deviceTexts(facts)) }).length).toBeLessThan(64 * 1024);
  });
});

describe('mounted file systems', () => {
  it('are those that hold data, each device once, without what is on the network', () => {
    const text = [
      'overlay / overlay rw 0 0',
      'proc /proc proc rw 0 0',
      '/dev/sda1 /data ext4 rw 0 0',
      '/dev/sda1 /data/again ext4 rw 0 0',
      '/dev/sdb1 /mnt/my\\040disk vfat rw 0 0',
      'ubi0:rootfs /flash ubifs rw 0 0',
      'tmpfs /tmp tmpfs rw 0 0',
      'tmpfs /run tmpfs rw 0 0',
      'tmpfs /sys/fs/cgroup tmpfs ro 0 0',
      'server:/export /nfs nfs4 rw 0 0',
      '//server/share /share cifs rw 0 0',
      'user@host:/ /ssh fuse.sshfs rw 0 0',
      '/dev/loop0 /snap/x squashfs ro 0 0',
      'overlay /var/lib/docker/overlay2/1/merged overlay rw 0 0',
      '',
    ].join('\n');
    expect(mountsWithData(text).map(({ place }) => place)).toEqual([
      '/',
      '/data',
      '/mnt/my disk',
      '/flash',
      '/tmp',
      '/run',
    ]);
  });

  it('are read whatever the table holds', () => {
    fc.assert(fc.property(fc.string(), (text) => void mountsWithData(text)));
  });

  it('are shown as df shows them', () => {
    const disk = { device: '/dev/sda1', mounted_on: '/data', type: 'ext4' };
    expect(formatDisks([{ ...disk, size: 10 * 2 ** 30, used: 2 ** 29, available: 2 ** 33 }])).toBe(
      'Filesystem Size Used Avail Use% Mounted on\n/dev/sda1 10G 512M 8.0G 6% /data',
    );
  });
});

describe('what the kernel shows', () => {
  it('of memory is in bytes, and bears an old kernel', () => {
    expect(parseMeminfo('MemTotal:   1000 kB\nMemFree: 100 kB\nCached: 50 kB\n')).toEqual({
      total: 1_024_000,
      available: 153_600,
      swap_total: 0,
      swap_free: 0,
    });
  });

  it('of temperatures comes from thermal zones, and leaves out sensors that do not answer', async () => {
    await using folder = await temporaryFolder();
    for (const [zone, temp] of [
      ['thermal_zone10', '-5000\n'],
      ['thermal_zone2', '48312\n'],
      ['thermal_zone3', 'off\n'],
    ] as const) {
      const directory = join(folder.path, 'thermal', zone);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'type'), `${zone} sensor\n`);
      await writeFile(join(directory, 'temp'), temp);
    }
    expect(await temperatures(folder.path)).toEqual([
      { sensor: 'thermal_zone2 sensor', celsius: 48.3 },
      { sensor: 'thermal_zone10 sensor', celsius: -5 },
    ]);
  });

  it('of temperatures comes from the hardware monitors where there are no zones', async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, 'hwmon', 'hwmon0');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'name'), 'coretemp\n');
    await writeFile(join(directory, 'temp1_input'), '61000\n');
    await writeFile(join(directory, 'temp1_label'), 'Core 0\n');
    await writeFile(join(directory, 'temp2_input'), '62000\n');
    expect(await temperatures(folder.path)).toEqual([
      { sensor: 'coretemp Core 0', celsius: 61 },
      { sensor: 'coretemp temp2', celsius: 62 },
    ]);
    expect(await temperatures(join(folder.path, 'nothing'))).toEqual([]);
  });

  it('of interfaces is hardware, and of the rest what has an address', async () => {
    await using folder = await temporaryFolder();
    const add = async (name: string, files: Record<string, string>) => {
      for (const [file, text] of Object.entries(files)) {
        const path = join(folder.path, name, file);
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(path, text);
      }
    };
    await add('eth0', { address: '02:fc:00:00:00:01\n', operstate: 'down\n', 'device/uevent': 'DRIVER=x\n' });
    await add('veth1', { address: '02:fc:00:00:00:02\n', operstate: 'up\n' });
    await add('br0', { address: '02:fc:00:00:00:03\n', operstate: 'up\n' });
    const address = { netmask: '', mac: '', internal: false, cidr: null, family: 'IPv4' as const };
    const addresses = {
      veth1: [{ ...address, address: 'fe80::1' }],
      br0: [{ ...address, address: '192.0.2.7' }],
    };
    expect(await networkInterfaceList(addresses, folder.path)).toEqual([
      { name: 'br0', mac: '02:FC:00:00:00:03', up: true, addresses: ['192.0.2.7'] },
      { name: 'eth0', mac: '02:FC:00:00:00:01', up: false, addresses: [] },
    ]);
    expect(await networkInterfaceList(addresses, join(folder.path, 'not mounted'))).toEqual([]);
  });
});

describe('the state of the clock', () => {
  const now = Date.UTC(2026, 10, 22);

  it.each([
    [now, undefined, 'unknown', null],
    [now, 3, 'ok', 3],
    [now, -61, 'off', -61],
    [5_000, undefined, 'unset', null],
    [5_000, -1_700_000_000, 'unset', -1_700_000_000],
  ])('at %d, ahead by %s, is %s', (time, ahead, state, offset) => {
    expect(clockState(time, ahead)).toEqual({ time: Math.floor(time / 1000), state, offset });
  });
});

it('a text is cut at the end of a line, and is never longer than it may be', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', 'b') }), fc.nat(20), (text, longest) => {
      const cut = wholeLines(text, longest);
      expect(cut.length).toBeLessThanOrEqual(longest);
      expect(text.startsWith(cut)).toBe(true);
    }),
  );
  expect(wholeLines('one\ntwo\nthree', 10)).toBe('one\ntwo');
});
