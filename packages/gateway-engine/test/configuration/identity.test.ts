import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { settleIdentity } from '../../src/configuration/identity.ts';
import { macAddress } from '../../src/configuration/network-interfaces.ts';

async function settle(lines: string[], macOf = async (_: string) => 'FF:10:C2:9B:A8:46') {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'Gateway.cfg');
  await writeFile(file, `[device]\n${lines.join('\n')}\n`);
  try {
    const identity = await settleIdentity(file, macOf);
    return { identity, text: await readFile(file, 'utf8'), mode: (await stat(file)).mode & 0o777 };
  } finally {
    await folder[Symbol.asyncDispose]();
  }
}

describe('the identity at a start', () => {
  const product = ['vendor = p', 'model = p'];

  it('is the uuid when there is one, whatever characters it has', async () => {
    const { identity } = await settle([...product, 'uuid = any!@#$%^&*()x = : ;', 'iface = eth0']);
    expect(identity).toEqual({ vendor: 'p', model: 'p', serial: 'any!@#$%^&*()x = : ;', cik: undefined });
  });

  it('is the MAC address of the interface otherwise, which is written down as uuid, readable by the owner only', async () => {
    const { identity, text, mode } = await settle([...product, "uuid = ''", 'iface = eth0', '; mine']);
    expect(identity.serial).toBe('FF:10:C2:9B:A8:46');
    expect(text).toBe('[device]\nvendor = p\nmodel = p\nuuid = FF:10:C2:9B:A8:46\niface = eth0\n; mine\n');
    expect(mode).toBe(0o600);
  });

  it.each<[string, string[], string]>([
    ['no serial number', product, 'gwe --set-iface'],
    ['no product', ['uuid = 1'], 'gwe --set-product-id'],
    ['nothing', [], 'gwe --set-product-id'],
  ])('with %s is refused with exit status 255 and what to do', async (_, lines, advice) => {
    const settled = settle(lines);
    await expect(settled).rejects.toMatchObject({ exitCode: 255 });
    await expect(settled).rejects.toThrow(advice);
  });

  it('with an interface that is not there is refused with exit status 255', async () => {
    const settled = settle([...product, 'iface = nic9'], async () => {
      throw new UsageError('this system has no interface "nic9"');
    });
    await expect(settled).rejects.toMatchObject({ exitCode: 255 });
  });
});

describe('the MAC address of an interface', () => {
  it('is in upper case with colons', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'eth0'));
    await writeFile(join(folder.path, 'eth0', 'address'), 'ff:10:c2:9b:a8:46\n');
    expect(await macAddress('eth0', folder.path)).toBe('FF:10:C2:9B:A8:46');
    await expect(macAddress('../eth0', folder.path)).rejects.toThrow('it has eth0');
    await expect(macAddress('wlan0', folder.path)).rejects.toThrow('no interface "wlan0"; it has eth0');
  });
});
