import { globSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmPackage, runtime, temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Example, parseExamples, shellScript, withFreePorts } from '../src/documented-examples.ts';
import { Installation, makePackages, type PublishedPackage, run } from '../src/npm-installation.ts';
import { root } from '../src/system.ts';

const ofClient = ['host', 'device-api', 'device-client'].map((name) => `@gateway-engine/${name}`);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let packages: PublishedPackage[];
/** The same, made another time, right before: meanwhile somebody may change a source. */
let again: PublishedPackage[];
/** All packages, on the oldest line of Node.js that the daemons promise to work on. */
let all: Installation;
/** The device client with what it needs, on the oldest Node.js that it promises to work on. */
let client: Installation;
let platform: Awaited<ReturnType<Installation['start']>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  all = new Installation(join(folder.path, 'all'), runtime('node24'));
  client = new Installation(join(folder.path, 'client'), runtime('node22'));
  again = await makePackages(join(folder.path, 'again'), '--no-sizes');
  const installed = ['--install', all.folder, '--node', runtime('node24')];
  packages = await makePackages(join(folder.path, 'packages'), ...installed);
  await mkdir(client.folder);
  await client.install(packages.filter(({ name }) => ofClient.includes(name)).map(({ tarball }) => tarball));
  platform = await all.start('gwe-platform', 'serve', '--data', 'platform', '--listen', '127.0.0.1:0');
  const { token } = JSON.parse(await readFile(join(all.folder, 'platform', 'admin.json'), 'utf8'));
  all.set({ GWE_PLATFORM_URL: platform.url, GWE_PLATFORM_TOKEN: token });
  await all.command('gwe-platform', 'product', 'create', 'demo', '--resource', 'temperature:float');
  await all.command('gwe-platform', 'device', 'add', 'demo', 'sensor-1');
  const cik = await client.command('gdc', '--server', platform.url, 'activate', 'demo', 'demo', 'sensor-1');
  for (const each of [all, client]) each.set({ CIK: cik });
}, 400_000);

afterAll(async () => {
  await platform?.stop();
  await folder?.[Symbol.asyncDispose]();
});

const entriesOf = (names: readonly string[]) =>
  packages.filter(({ name }) => names.includes(name)).flatMap(({ entries }) => entries);

describe('the npm packages', () => {
  test('can be imported by every entry on Node.js 24', async () => {
    const entries = packages.flatMap((each) => each.entries);
    expect(entries.length).toBeGreaterThan(20);
    const exported = await all.imports(entries);
    expect(exported['@gateway-engine/device-client']).toContain('DeviceClient');
    expect(exported['@gateway-engine/host']).toEqual(expect.arrayContaining(['createLogger', 'parseIni']));
  });

  test('of the device client come without the logger, and can be imported on Node.js 22.13', async () => {
    const installed = globSync('{*,@*/*}/package.json', { cwd: join(client.folder, 'node_modules') });
    expect(installed.map((path) => path.slice(0, -'/package.json'.length)).sort()).toEqual([
      ...[...ofClient].sort(),
      'commander',
    ]);
    const needLogger = ['@gateway-engine/host', '@gateway-engine/host/command-line'];
    const without = entriesOf(ofClient).filter((entry) => entry !== needLogger[0]);
    for (const on of ['node22', 'bun'] as const) await client.imports(without, runtime(on));
    await expect(client.imports(needLogger)).rejects.toThrow("Cannot find package 'pino'");
    expect(Object.keys(await all.imports(needLogger, runtime('node22')))).toEqual(needLogger);
    // Programs that are no modules can have it too.
    await writeFile(
      join(client.folder, 'old.cjs'),
      "require('@gateway-engine/device-client').DeviceClient.name",
    );
    await run(runtime('node22'), [join(client.folder, 'old.cjs')]);
    // So small that a change of it should be noticed.
    expect(packages.find(({ name }) => name.endsWith('/device-client'))?.installed?.bytes).toBeLessThan(
      800_000,
    );
  });

  test.each(['nodenext', 'bundler'])(
    'have types for every entry that a strict program can use, found by %s',
    async (resolution) => {
      const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
      const names = packages.flatMap(({ entries }) => entries).filter((entry) => !entry.endsWith('.json'));
      const imports = names.map((name, index) => `import * as entry${index} from '${name}';`);
      const program = join(all.folder, `consumer-${resolution}.ts`);
      await writeFile(
        program,
        `${imports.join('\n')}
        import { DeviceClient, type DeviceClientOptions, ExositeAPI } from '@gateway-engine/device-client';
        const options: DeviceClientOptions = { server: 'http://a', onTraffic: ({ bytesSent }) => bytesSent + 1 };
        export const seconds: Promise<number> = new DeviceClient(options).timestamp();
        export const said: Promise<string> = new ExositeAPI('cik').write({ a: 1 }).then(({ body }) => body);
        export const entries = [${names.map((_, index) => `entry${index}`).join(', ')}];
        // @ts-expect-error a number is no server
        new DeviceClient({ server: 1 });
        `,
      );
      const options = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes'];
      const language = ['--target', 'es2024', '--module', module, '--moduleResolution', resolution];
      const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
      const found = await run(
        join(root, 'node_modules', '.bin', 'tsc'),
        [...options, '--skipLibCheck', 'false', ...language, ...types, program],
        { cwd: all.folder },
      ).catch((error: { stdout: string }) => error);
      expect(found.stdout).toBe('');
    },
  );

  test('bring commands that run on Node.js 24, gdc on 22.13 too', async () => {
    const commands = packages.flatMap((each) => each.commands);
    expect(commands).toEqual(
      expect.arrayContaining(['gdc', 'gmq', 'gwe', 'gwe-platform', 'gwe-supervisord']),
    );
    for (const name of commands) {
      // The one whose options are another product's, which has none for its version.
      const asksUsage = name === 'gwe-supervisorctl';
      const said = await all.command(name, asksUsage ? '--help' : '--version');
      expect(said, name).toMatch(asksUsage ? /^Usage: gwe-supervisorctl/ : /\d+\.\d+\.\d+$/m);
    }
    expect(await client.command('gdc', '--version')).toMatch(/\d+\.\d+\.\d+$/m);
    const place = join(client.folder, 'node_modules', '@gateway-engine', 'device-client');
    expect(await client.command('gdc', '--path')).toBe(place);
  });

  test('say where they come from, and hold nothing that is not published', () => {
    for (const { name } of packages) {
      const place = join(all.folder, 'node_modules', name);
      const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
      expect(manifest).toMatchObject({
        license: 'Apache-2.0',
        repository: { url: 'git+https://git.example/gateway-engine.git' },
        publishConfig: { access: 'public', provenance: true },
      });
      for (const field of ['private', 'devDependencies', 'scripts'])
        expect(manifest).not.toHaveProperty(field);
      const files = globSync('**/*', { cwd: place });
      expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']));
      expect(files.filter((file) => /(?<!\.d)\.ts$|\.map$|(^|\/)test\//.test(file))).toEqual([]);
      for (const file of files.filter((each) => /\.(js|mjs|d\.ts)$/.test(each))) {
        const text = readFileSync(join(place, file), 'utf8');
        expect(text.includes(root) || text.includes('sourceMappingURL'), `${name}/${file}`).toBe(false);
      }
    }
  });

  test('are in the documentation with every entry and command', () => {
    const page = readFileSync(join(root, 'docs', 'npm-packages.md'), 'utf8');
    const names = packages.flatMap(({ entries, commands }) => [...entries, ...commands]);
    const manifests = names.filter((name) => name.endsWith('/package.json'));
    const missing = names.filter((name) => !manifests.includes(name) && !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test('are sound for publint, which knows how runtimes and bundlers read a manifest', async () => {
    const command = join(npmPackage('publint', '0.3.25'), 'src', 'cli.js');
    const judged = packages.map(
      async ({ tarball }) => (await run(process.execPath, [command, tarball])).stdout,
    );
    for (const said of await Promise.all(judged)) expect(said).toContain('All good!');
  });

  test('are the same bytes when they are made again', () => {
    for (const [index, { name, tarball }] of packages.entries()) {
      const same = readFileSync(tarball).equals(readFileSync(again[index]?.tarball ?? ''));
      expect(same, name).toBe(true);
    }
  });
});

describe('the examples of the packages', () => {
  const pages = globSync('packages/*/README.md', { cwd: root }).sort();

  test.each(pages)('in %s work', async (page) => {
    await runExamples(page, all);
  });

  test('of the device client work on Node.js 22.13 and Bun', async () => {
    const page = 'packages/device-client/README.md';
    await runExamples(page, client);
    const [program] = examplesIn(page, 'js');
    expect(await client.module(program?.text ?? '', runtime('bun'))).toBe('21.5');
  });

  test('are in every package that is published', () => {
    const documented = pages.map((page) => page.split('/')[1]);
    expect(packages.map(({ name }) => name.split('/')[1]).sort()).toEqual(documented);
  });

  function examplesIn(page: string, language: string): Example[] {
    return parseExamples(readFileSync(join(root, page), 'utf8'), page)
      .filter((each) => each.notRun === undefined && each.language === language)
      .map((each) => ({
        ...each,
        text: withFreePorts(each.text.replaceAll('http://127.0.0.1:8080', platform.url)),
      }));
  }

  async function runExamples(page: string, on: Installation): Promise<void> {
    await on.shell(shellScript(examplesIn(page, 'sh')));
    const programs = examplesIn(page, 'js');
    for (const { text } of programs) expect(await on.module(text)).not.toBe('');
  }
});
