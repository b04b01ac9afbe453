import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Runtime, runtime, temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { pack } from '../scripts/pack.ts';
import { answer, RawServer } from './support/raw-server.ts';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../../..');

describe('the package as it is published', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let installed: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    installed = join(folder.path, 'node_modules', manifest.name);
    await pack(join(folder.path, 'packed'));
    cpSync(join(folder.path, 'packed'), installed, { recursive: true });
  }, 60_000);

  afterAll(async () => {
    await folder?.[Symbol.asyncDispose]();
  });

  test('needs no other package', () => {
    const { dependencies, exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
    expect(exports['.'].default).toMatch(/\.js$/);
  });

  test.each<Runtime>(['bun', 'node22'])(
    'runs on %s as it is, library and gdc',
    async (name) => {
      await using server = await RawServer.start(answer('200 OK', '1700000000'));
      const program = join(folder.path, 'program.mjs');
      writeFileSync(
        program,
        `import { DeviceClient } from '${manifest.name}';
      const client = new DeviceClient({ server: '${server.url}', accounting: false });
      console.log(await client.timestamp());
      client.close();`,
      );
      expect((await run(runtime(name), [program])).stdout).toBe('1700000000\n');
      const gdc = join(installed, 'dist/esm/gdc.js');
      const env = { ...process.env, GDC_SERVER: server.url, GWE_TRAFFIC_DB: '' };
      expect((await run(runtime(name), [gdc, 'timestamp'], { env })).stdout).toBe('1700000000\n');
      expect((await run(runtime(name), [gdc, '--path'])).stdout).toBe(`${installed}\n`);
      // The first use of a runtime installs it.
    },
    120_000,
  );

  test('has types that a strict program can use', async () => {
    const program = join(folder.path, 'program.mts');
    writeFileSync(
      program,
      `import { DeviceClient, type DeviceClientOptions, ExositeAPI } from '${manifest.name}';
      const options: DeviceClientOptions = { server: 'http://a', onTraffic: ({ bytesSent }) => bytesSent + 1 };
      export const seconds: Promise<number> = new DeviceClient(options).timestamp();
      export const said: Promise<string> = new ExositeAPI('cik').write({ a: 1 }).then(({ body }) => body);
      // @ts-expect-error a number is no server
      new DeviceClient({ server: 1 });
      `,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    const types = ['--typeRoots', join(repository, 'node_modules/@types')];
    const compiler = join(repository, 'node_modules/.bin/tsc');
    const result = await run(compiler, [...options, ...types, program], { cwd: folder.path }).catch(
      (error: { stdout: string }) => error,
    );
    expect(result.stdout).toBe('');
  });
});
