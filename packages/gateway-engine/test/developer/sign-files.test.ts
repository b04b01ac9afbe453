import { createHash } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256Of } from '@gateway-engine/app-package';
import { changeGatewayCfg } from '@gateway-engine/device-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signCommand } from '../../src/command-line/sign.ts';
import { verifyCommand } from '../../src/command-line/verify.ts';
import { changeEngineConfig } from '../../src/configuration/engine-config.ts';
import { rotateKey } from '../../src/developer/change-root.ts';
import { createKeys } from '../../src/developer/create-keys.ts';
import { homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { TrustRecords } from '../../src/trust/trust-records.ts';
import { DeveloperKit, DevelopersPlatform, passphrase } from './developer-kit.ts';

let platform: DevelopersPlatform;
beforeAll(async () => {
  platform = await DevelopersPlatform.start();
  process.env.GWE_KEY_PASSPHRASE = passphrase;
});
afterAll(() => {
  delete process.env.GWE_KEY_PASSPHRASE;
  return platform?.[Symbol.asyncDispose]();
});

/** A release in a folder, with its checksums, and a developer who may sign it. */
async function release() {
  const kit = await DeveloperKit.make(platform);
  await createKeys(kit.parts(), 1);
  const folder = join(kit.path, 'release');
  await mkdir(folder);
  const files = ['GatewayEngine.v1-linux-x64.tar.gz', 'GatewayEngine.v1-linux-arm64.tar.gz'].map((name) =>
    join(folder, name),
  );
  for (const file of files) await writeFile(file, `bytes of ${file}`);
  const sum = (file: string) => createHash('sha256').update(`bytes of ${file}`).digest('hex');
  const sums = join(folder, 'SHA256SUMS');
  await writeFile(sums, files.map((file) => `${sum(file)}  ${basename(file)}\n`).join(''));
  const layout = homeLayout(join(kit.path, 'home'));
  const fingerprint = sha256Of((await kit.folder().root(1)) ?? Buffer.alloc(0));
  const run = async (command: typeof signCommand, ...args: string[]) => {
    const lines: string[] = [];
    await command(args, layout, { out: (line) => lines.push(line), err: (line) => lines.push(line) });
    return lines;
  };
  const keys = ['--keys', join(kit.path, 'keys')] as const;
  return {
    kit,
    layout,
    files,
    sums,
    fingerprint,
    sign: (...args: string[]) => run(signCommand, ...args, ...keys),
    verify: (...args: string[]) => run(verifyCommand, ...args),
    verifyByKeys: (...args: string[]) => run(verifyCommand, ...args, ...keys),
  };
}

describe('signed files', () => {
  it('are verified elsewhere by the fingerprint of the root, with all that a list of checksums lists', async () => {
    const { sign, verify, verifyByKeys, sums, files, fingerprint } = await release();
    expect(await sign(sums)).toEqual([expect.stringMatching(/SHA256SUMS\.sig: SHA256SUMS of product demo/)]);
    const all = [
      expect.stringMatching(/^SHA256SUMS: signed for product demo\d at \d{4}-/),
      ...files.map((file) => `${basename(file)}: as listed`),
    ];
    expect(await verify(sums, '--root-sha256', fingerprint.toUpperCase())).toEqual(all);
    expect(await verifyByKeys(sums)).toEqual(all);
    await rm(files[0] ?? '');
    expect(await verifyByKeys(sums)).toHaveLength(2);
    expect(JSON.parse((await verifyByKeys(sums, '--json')).join(''))).toMatchObject([
      { file: 'SHA256SUMS', listed: [basename(files[1] ?? '')] },
    ]);
  });

  it('are refused when they, or what they list, are not what was signed', async () => {
    const { sign, verifyByKeys, sums, files } = await release();
    const [one = '', other = ''] = files;
    await sign(sums, one);
    expect(await verifyByKeys(one)).toHaveLength(1);
    await writeFile(other, 'something else');
    await expect(verifyByKeys(sums)).rejects.toThrow(/arm64\.tar\.gz is not to be trusted: its sha256 is/);
    await writeFile(one, 'something else');
    await expect(verifyByKeys(one)).rejects.toThrow(/its sha256 is [0-9a-f]{64}, and [0-9a-f]{64} is signed/);
    await copyFile(`${one}.sig`, `${other}.sig`);
    await expect(verifyByKeys(other)).rejects.toThrow(/what is signed is GatewayEngine.v1-linux-x64/);
    await writeFile(`${one}.sig`, 'torn');
    await expect(verifyByKeys(one)).rejects.toThrow(/no signature that gwe sign has made, or damaged/);
    await rm(`${one}.sig`);
    await expect(verifyByKeys(one)).rejects.toThrow(/the signature of .* cannot be read: ENOENT/);
  });

  it('are verified on a gateway by the root that it has pinned, and no others without advice', async () => {
    const { sign, verify, sums, layout, kit, fingerprint } = await release();
    await sign(sums);
    await expect(verify(sums)).rejects.toThrow(/no root of product demo\d is known here; .*--root-sha256/);
    const database = await openEngineDatabase(layout);
    const root = (await kit.folder().root(1)) ?? Buffer.alloc(0);
    new TrustRecords(database).setPin({ product: kit.product, sha256: fingerprint, root });
    database.close();
    expect(await verify(sums)).toHaveLength(3);
    const other = '0'.repeat(64);
    await expect(verify(sums, '--root-sha256', other)).rejects.toThrow(/not to be trusted.*not the pinned/);
    await expect(verify(sums, '--root-sha256', 'no')).rejects.toThrow(/64 hexadecimal digits/);

    // What somebody has configured since counts in place of what was pinned.
    await mkdir(dirname(layout.gatewayCfg), { recursive: true });
    await changeGatewayCfg(layout.gatewayCfg, { model: kit.product });
    await changeEngineConfig(layout, [['root_sha256', other, 'ota']]);
    await expect(verify(sums)).rejects.toThrow(/not to be trusted.*not the pinned 0000/);
    await changeEngineConfig(layout, [['root_sha256', fingerprint, 'ota']]);
    expect(await verify(sums)).toHaveLength(3);
  });

  it('say so when what a gateway has pinned cannot be read', async () => {
    const { sign, verify, sums, layout } = await release();
    await sign(sums);
    await mkdir(dirname(layout.database), { recursive: true });
    await writeFile(layout.database, 'no database, and longer than the head that one would have'.repeat(10));
    await expect(verify(sums)).rejects.toThrow(/has pinned cannot be read from .*gwe\.db: .*as its user/);
  });

  it('of a key that was replaced are refused where that is known; the new one signs', async () => {
    const { sign, verifyByKeys, verify, sums, kit, fingerprint } = await release();
    await sign(sums);
    await rotateKey(kit.parts(), await kit.signed(), 'targets', undefined);
    await expect(verifyByKeys(sums)).rejects.toThrow(/not signed by the keys that version 2 of the root/);
    await sign(sums);
    expect(await verify(sums, '--root-sha256', fingerprint)).toHaveLength(3);
  });

  it('are told of by name when a signature cannot be written, and others stay', async () => {
    const { sign, verifyByKeys, sums } = await release();
    await sign(sums);
    await mkdir(join(dirname(sums), 'taken.sig'));
    const taken = join(dirname(sums), 'taken');
    await copyFile(sums, taken);
    await expect(sign(taken)).rejects.toThrow(/taken\.sig cannot be written: EISDIR/);
    expect(await verifyByKeys(sums)).toHaveLength(3);
  });

  it('are not made without a root, or of what is not there', async () => {
    const { sign, sums } = await release();
    await expect(sign(`${sums}.none`)).rejects.toThrow(/SHA256SUMS\.none cannot be read: ENOENT/);
    await expect(sign(sums, sums)).rejects.toThrow(/named twice/);
    await expect(sign(sums, '--product', 'other')).rejects.toThrow(/no root of product other is kept in/);
  });
});
