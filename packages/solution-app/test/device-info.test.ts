import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesystemsOf, memoryOf, readDeviceInfo, realFilesystems } from '../src/reports/device-info.ts';

const GIB = 1024 ** 3;

describe('device_info', () => {
  it.each([
    ['a list', ['10.0.0.2', '', 'fe80::1', '10.0.0.2']],
    ['a text', '10.0.0.2 fe80::1'],
    ['a text with commas', '10.0.0.2, fe80::1'],
  ])('has the addresses of %s, each once', (_, ipaddrs) => {
    expect(readDeviceInfo(JSON.stringify({ ipaddrs }))).toMatchObject({
      value: { addresses: ['10.0.0.2', 'fe80::1'], uname: '', df: '', free: '' },
    });
  });
});

describe('the output of df', () => {
  it('is read as coreutils prints it', () => {
    const text = `Filesystem     1K-blocks    Used Available Use% Mounted on
udev             1000000       0   1000000   0% /dev
/dev/sda1       20000000 5000000  14000000  27% /
/dev/sdb1       20000000 5000000  14000000  27% /mnt/with blank
`;
    expect(filesystemsOf(text)).toEqual([
      { device: 'udev', mountedOn: '/dev', size: 1000000 * 1024, used: 0, available: 1000000 * 1024 },
      {
        device: '/dev/sda1',
        mountedOn: '/',
        size: 20000000 * 1024,
        used: 5000000 * 1024,
        available: 14000000 * 1024,
      },
      expect.objectContaining({ mountedOn: '/mnt/with blank' }),
    ]);
  });

  it('is read with unit letters', () => {
    const text =
      'Filesystem      Size  Used Avail Use% Mounted on\noverlay          20G  1.5G   18G   8% /\n';
    expect(filesystemsOf(text)).toEqual([
      { device: 'overlay', mountedOn: '/', size: 20 * GIB, used: 1.5 * GIB, available: 18 * GIB },
    ]);
  });

  it('is read as a gateway without the command writes it', () => {
    const text = 'Filesystem Size Used Avail Use% Mounted on\n/dev/sda1 2.0G 512B 1.0K 8% /';
    expect(filesystemsOf(text)).toEqual([
      { device: '/dev/sda1', mountedOn: '/', size: 2 * GIB, used: 512, available: 1024 },
    ]);
  });

  it('is read where a long device name takes a line of its own', () => {
    const text =
      'Filesystem           1K-blocks      Used Available Use% Mounted on\n/dev/mapper/a-very-long-name\n                         1000       400       600  40% /data\n';
    expect(filesystemsOf(text)).toMatchObject([
      { device: '/dev/mapper/a-very-long-name', mountedOn: '/data' },
    ]);
  });

  it.each(['', 'df: not found', 'Filesystem 1K-blocks\nnonsense'])(
    'is left as text when it is %j',
    (text) => {
      expect(filesystemsOf(text)).toBeUndefined();
    },
  );

  it('loses the filesystems that are no disks, and a disk mounted twice', () => {
    const filesystem = (device: string, mountedOn: string, size = 10 * GIB) => ({
      device,
      mountedOn,
      size,
      used: 1,
      available: 9,
    });
    const real = realFilesystems([
      filesystem('tmpfs', '/run'),
      filesystem('/dev/sda1', '/'),
      filesystem('/dev/sda1', '/var/lib/x'),
      filesystem('overlay', '/merged'),
      filesystem('proc', '/proc', 0),
      filesystem('none-at-all', '/run/marker', 4096),
    ]);
    expect(real.map(({ mountedOn }) => mountedOn)).toEqual(['/', '/merged']);
  });
});

describe('the output of free', () => {
  it('counts as used what is not available', () => {
    const text = `               total        used        free      shared  buff/cache   available
Mem:         1000000      400000      100000       10000      500000      550000
Swap:              0           0           0
`;
    expect(memoryOf(text)).toEqual([{ name: 'Memory', total: 1000000 * 1024, used: 450000 * 1024 }]);
  });

  it('is read as an old busybox prints it, with swap', () => {
    const text = `             total       used       free     shared    buffers
Mem:         60000      50000      10000          0       2000
-/+ buffers:            48000      12000
Swap:         1000        100        900
`;
    expect(memoryOf(text)).toEqual([
      { name: 'Memory', total: 60000 * 1024, used: 50000 * 1024 },
      { name: 'Swap', total: 1000 * 1024, used: 100 * 1024 },
    ]);
  });

  it('is read from the lines of the kernel where there is no such command', () => {
    const text =
      'MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     600 kB\nSwapTotal:        50 kB\nSwapFree:         50 kB';
    expect(memoryOf(text)).toEqual([
      { name: 'Memory', total: 1000 * 1024, used: 400 * 1024 },
      { name: 'Swap', total: 50 * 1024, used: 0 },
    ]);
  });

  it('is read with units', () => {
    const text =
      '   total   used   free  shared  buff/cache  available\nMem:  1.9Gi  500Mi  100Mi  1Mi  1Gi  1.4Gi\n';
    expect(memoryOf(text)).toEqual([{ name: 'Memory', total: 1.9 * GIB, used: 1.9 * GIB - 1.4 * GIB }]);
  });

  it.each(['', 'free: not found', 'total used free\nMem: a b c'])('is left as text when it is %j', (text) => {
    expect(memoryOf(text)).toBeUndefined();
  });
});

describe('any text', () => {
  it('is looked through in no time, however it is made to hold a pattern up', () => {
    const blanks = `Filesystem Size Used Avail Use% Mounted on\na${' '.repeat(200_000)}b`;
    const started = performance.now();
    expect(filesystemsOf(blanks)).toBeUndefined();
    expect(filesystemsOf(blanks.slice(0, 16_000))).toBeUndefined();
    expect(memoryOf(blanks)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('is either read or left as it is', () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('Mem: 1 2 3', 'MemTotal: 1 kB', '/dev/sda1 . 1 1.2.3 1% /', '/dev/sda1 1 2 3 - /'),
      ),
    );
    fc.assert(
      fc.property(lines, (some) => {
        const df = ['Filesystem Size Used Avail Use% Mounted on', ...some].join('\n');
        const free = ['total used free', ...some].join('\n');
        for (const { size, used } of filesystemsOf(df) ?? []) expect([size, used]).not.toContain(NaN);
        for (const { total, used } of memoryOf(free) ?? []) expect([total, used]).not.toContain(NaN);
      }),
    );
  });
});

describe('what a gateway says of its machine', () => {
  it('is read where it is there, and only then', () => {
    const facts = {
      uptime: 100,
      load: [0.1, 0.2, 0.3],
      temperatures: [{ sensor: 'cpu', celsius: 48.3 }, { sensor: 'off' }, 7],
      clock: { time: 1, state: 'off', offset: -90 },
    };
    expect(readDeviceInfo(JSON.stringify({ uname: 'Linux', ...facts }))).toMatchObject({
      value: {
        uptime: 100,
        load: 0.3,
        temperatures: [{ sensor: 'cpu', celsius: 48.3 }],
        clockProblem: '90 s behind the platform',
      },
    });
    expect(readDeviceInfo('{"uname": "Linux"}')).toMatchObject({
      value: { uptime: undefined, load: undefined, temperatures: [], clockProblem: '' },
    });
  });

  it.each([
    ['ok', 3, ''],
    ['unknown', null, ''],
    ['unset', null, 'not set'],
    ['off', 61, '61 s ahead of the platform'],
  ])('of a clock that is %s, %s s ahead, is %j', (state, offset, problem) => {
    const text = JSON.stringify({ uname: '', clock: { time: 1, state, offset } });
    expect(readDeviceInfo(text)).toMatchObject({ value: { clockProblem: problem } });
  });
});
