import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { product, System } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

describe('a bundle, brought to a gateway that cannot reach its platform', () => {
  let system: System;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = (name: string) => join(folder.path, name);

  const gwe = (...args: string[]) => system.developer(folder.path, ...args);

  beforeAll(async () => {
    folder = await temporaryFolder();
    system = await System.start();
    makeTarball(folder.path, 'base.v1.tar.gz', [
      script('install.sh', 'true'),
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = sleep 100000\n' },
    ]);
    makeTarball(folder.path, 'upon.v1.tar.gz', [
      script('install.sh', 'echo upon base'),
      { path: 'gwe.json', content: '{"depends": [{"name": "base"}]}' },
    ]);
    await gwe('keys', 'create', product);
    await gwe('publish', 'upon.v1.tar.gz', 'base.v1.tar.gz');
    const made = await gwe('bundle', 'upon.v1.tar.gz', 'base.v1.tar.gz', '-o', 'all.bundle.tar.gz');
    expect(made).toBe(file('all.bundle.tar.gz'));
    await system.platform.process.stop();
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** The bundle, unpacked, changed and packed again. */
  async function changed(name: string, change: (content: string) => Promise<void>): Promise<string> {
    const content = file(`${name}.content`);
    await mkdir(content);
    execFileSync('tar', ['-xzf', file('all.bundle.tar.gz'), '-C', content]);
    await change(content);
    execFileSync('tar', ['-czf', file(name), '-C', content, ...(await readdir(content))]);
    return name;
  }

  test('is refused when a package in it is not the one that was signed', async () => {
    const bundle = await changed('false.bundle.tar.gz', (content) =>
      appendFile(join(content, 'packages', 'base.v1.tar.gz'), 'x'),
    );
    await expect(gwe('install', bundle)).rejects.toThrow(/base\.v1\.tar\.gz.*signed/s);
    expect(await readdir(join(system.home, 'apps'))).not.toContain('base');
  });

  test('is refused when its metadata is not what the product signed', async () => {
    const bundle = await changed('forged.bundle.tar.gz', async (content) => {
      const timestamp = join(content, 'metadata', 'timestamp.json');
      const text = await readFile(timestamp, 'utf8');
      await writeFile(timestamp, text.replace(/"signed_at":(\d)/, '"signed_at":9$1'));
    });
    await expect(gwe('install', bundle)).rejects.toThrow('forged.bundle.tar.gz is refused');
  });

  test('is refused when it has more packages than the journal keeps at a time', async () => {
    const bundle = await changed('many.bundle.tar.gz', async (content) => {
      for (let count = 0; count < 50; count++) {
        await writeFile(join(content, 'packages', `more-${count}.v1.tar.gz`), '');
      }
    });
    await expect(gwe('install', bundle)).rejects.toThrow('has more than 50 packages');
  });

  test('is refused when it is no bundle', async () => {
    await expect(gwe('install', 'base.v1.tar.gz')).rejects.toThrow('is no bundle that gwe bundle has made');
    await expect(gwe('install', 'missing.tar.gz')).rejects.toThrow('missing.tar.gz is no bundle');
  });

  test('installs all that is in it, in the order that they need, and leaves nothing behind', async () => {
    const printed = await gwe('install', 'all.bundle.tar.gz');
    expect(printed).toMatch(/base\.v1\.tar\.gz: installed/);
    expect(printed).toMatch(/upon\.v1\.tar\.gz: installed/);
    expect((await system.running('base')).statename).toBe('RUNNING');
    expect(await readdir(join(system.home, 'var', 'bundles'))).toEqual([]);
    expect(await gwe('history')).toContain('base');
  });

  test('is reported when the platform can be reached again', async () => {
    await system.startPlatform();
    const status = await waitUntil(
      'fetch_status',
      async () => {
        const text = await system.value('fetch_status');
        return text?.includes('upon.v1.tar.gz: installed') && text;
      },
      { timeoutMs: 90_000 },
    );
    expect(status).toContain('base.v1.tar.gz: installed');
  });
});
