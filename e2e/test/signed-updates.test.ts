import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AdminClient } from '@gateway-engine/platform/admin-client';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { product, System, sn } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

const ota = 'signed-demo';

describe("updates that the developer's commands have signed", () => {
  let system: System;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let fingerprint: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    system = await System.start();
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const name = (version: number) => `${ota}.v${version}.tar.gz`;
  const tarballs = new Map<number, string>();
  /** Made once: another time, the times in it would be others. */
  function tarball(version: number): string {
    const made =
      tarballs.get(version) ??
      makeTarball(folder.path, name(version), [script('install.sh', `echo this is version ${version}`)]);
    tarballs.set(version, made);
    return made;
  }

  const gwe = (...args: string[]) => system.developer(folder.path, ...args);

  /** Instructs the gateway and gives the `fetch_status` that it ends with, which is another one than before. */
  async function statusAfterDeploy(version: number): Promise<string> {
    const before = await system.value('fetch_status');
    const { url, administrator } = system.platform;
    const client = new AdminClient({ url: new URL(url), token: administrator.token });
    await client.post({ parse: () => undefined }, ['products', product, 'devices', sn, 'deploy'], {
      install: [name(version)],
    });
    return await waitUntil(
      'fetch_status',
      async () => {
        const status = (await system.value('fetch_status')) ?? '';
        return status !== before && status.startsWith(`${name(version)}: `) && status;
      },
      { timeoutMs: 60_000 },
    );
  }

  const installed = (version: number) => expect.stringContaining(`${name(version)}: installed`);

  const trustReported = async () => {
    const { engine } = JSON.parse((await system.value('engine_report')) ?? '{}');
    return engine?.ota;
  };

  test('before there is a root, an unsigned one is installed', async () => {
    await system.operator('content', 'upload', product, tarball(1));
    expect(await statusAfterDeploy(1)).toEqual(installed(1));
  });

  test('once there is a root, a published one is installed, and the report names the root', async () => {
    const created = await gwe('keys', 'create', product, '--json');
    fingerprint = JSON.parse(created).fingerprint;
    await gwe('publish', tarball(2));
    expect(await statusAfterDeploy(2)).toEqual(installed(2));
    const reported = await waitUntil(
      'the root in engine_report',
      async () => {
        const trust = await trustReported();
        return trust?.targets === 2 && trust;
      },
      { timeoutMs: 60_000 },
    );
    expect(reported).toEqual({ verify: 'required', root_sha256: fingerprint, targets: 2 });
  });

  test('one that is uploaded without a signature is refused, and marked in the content list', async () => {
    await system.operator('content', 'upload', product, tarball(3));
    expect(await statusAfterDeploy(3)).toMatch(/v3\.tar\.gz.*not among the signed releases/s);
    const { content } = JSON.parse(await system.operator('content', 'list', product, '--json'));
    const signed = content.map((each: { id: string; signed: boolean }) => [each.id, each.signed]);
    expect(new Map(signed)).toEqual(
      new Map([
        [name(1), false],
        [name(2), true],
        [name(3), false],
      ]),
    );
  });

  test('published bytes that somebody replaces in the content area are refused', async () => {
    await gwe('publish', tarball(3));
    const elsewhere = join(folder.path, 'elsewhere');
    await mkdir(elsewhere);
    const other = makeTarball(elsewhere, name(3), [script('install.sh', 'echo evil')]);
    await system.operator('content', 'upload', product, other);
    expect(await statusAfterDeploy(3)).toMatch(/v3\.tar\.gz: failed: /);
    await gwe('publish', tarball(3));
  });

  test('an older release needs the permission to replace a later one', async () => {
    expect(await statusAfterDeploy(3)).toEqual(installed(3));
    expect(await statusAfterDeploy(2)).toMatch(/older than version 3 .*--allow-downgrade-from 3/s);
    await gwe('publish', tarball(2), '--allow-downgrade-from', '3');
    expect(await statusAfterDeploy(2)).toEqual(installed(2));
  });

  test('keys of every role are replaced, one after the other, and updates go on', async () => {
    for (const role of ['targets', 'root', 'online']) await gwe('keys', 'rotate', product, role);
    await gwe('publish', tarball(4));
    expect(await statusAfterDeploy(4)).toEqual(installed(4));
  });
});
