import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { commandLine } from '@gateway-engine/demo';
import { runToEnd } from '@gateway-engine/host';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type Example, examplesOf, shellScript } from '../src/documented-examples.ts';
import { app, product, System, sn } from '../src/system.ts';

const page = 'over-the-air-updates.md';

/** The block of the page that has this command. */
function blockWith(command: string): Example {
  const found = examplesOf(page).filter(({ language, text }) => language === 'sh' && text.includes(command));
  if (found.length !== 1 || !found[0])
    throw new Error(`${found.length} blocks of docs/${page} have "${command}"`);
  return found[0];
}

/** As a reader with a product and a gateway of other names types it. */
const withOwnNames = (text: string, folder: string) =>
  text
    .replaceAll('demo gateway-1', `${product} ${sn}`)
    .replaceAll('keys create demo', `keys create ${product}`)
    .replaceAll('/media/usb', folder);

test('the commands of Over-the-air updates do what the page says, from the keys to a release that is taken back', async () => {
  await using system = await System.start();
  const desk = join(system.folder, 'desk');
  const bin = join(system.folder, 'bin');
  for (const folder of [desk, bin]) await mkdir(folder);
  for (const name of ['gwe', 'gwe-platform'] as const) {
    const words = commandLine(name).map((word) => `'${word}'`);
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  }
  const environment = {
    ...system.environment(),
    GWE_KEYS: join(desk, 'keys'),
    GWE_KEY_PASSPHRASE: 'correct horse battery',
    PATH: [bin, process.env.PATH].join(delimiter),
  };
  const run = async (script: string): Promise<string> => {
    const { exitCode, output } = await runToEnd('bash', ['-c', script], {
      env: environment,
      cwd: desk,
      timeoutMs: 100_000,
    });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    return output;
  };
  /** Waits until nothing is asked of the gateway any more, and nothing is under way on it. */
  const settled = () =>
    waitUntil(
      'the gateway to have done it all',
      async () => {
        const { installs } = JSON.parse(await system.command('gwe', ['status', '--json'])) as {
          installs: unknown[];
        };
        return installs.length === 0 && !(await system.value('engine_fetch'));
      },
      { timeoutMs: 60_000 },
    );
  const block = async (command: string): Promise<string> => {
    const example = blockWith(command);
    const output = await run(shellScript([{ ...example, text: withOwnNames(example.text, desk) }]));
    await settled();
    return output;
  };
  const version = async (name: string) => (await system.report(name))?.version;
  const isVersion = (name: string, wanted: string | undefined) =>
    waitUntil(`${name} ${wanted}`, async () => (await version(name)) === wanted, { timeoutMs: 60_000 });

  const [first, second] = await Promise.all(
    [1, 2].map((each) => system.buildPackage(`examples/${app}/v${each}`)),
  );
  for (const tarball of [first, second]) await copyFile(tarball ?? '', join(desk, basename(tarball ?? '')));
  for (const name of ['sine.v2', 'sine.v3', 'pump.v7']) await makeOneOff(desk, name, run);
  await system.deploy(first ?? '');
  await settled();
  await isVersion(app, '1');

  await block('gwe keys create');
  await isVersion(app, '2');
  expect(await block(`device read demo gateway-1 fetch_status`)).toContain(`${app}.v2.tar.gz`);
  await block('undeploy demo gateway-1 old-app');
  await block('gwe rollback');
  await isVersion(app, '1');
  await block(`gwe remove ${app}`);
  await isVersion(app, undefined);

  await run('gwe publish sine.v2.tar.gz pump.v7.tar.gz && gwe publish sine.v3.tar.gz');
  await block('gwe bundle');
  await isVersion('sine', '2');
  await isVersion('pump', '7');
  await run(`gwe-platform deploy ${product} ${sn} sine.v3.tar.gz`);
  await isVersion('sine', '3');
  await block('gwe publish --withdraw');
  await isVersion('sine', '2');
}, 300_000);

/** A package whose installer has nothing to do. */
async function makeOneOff(
  folder: string,
  id: string,
  run: (script: string) => Promise<string>,
): Promise<void> {
  const [name, number] = id.split('.v');
  await writeFile(join(folder, 'install.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const buildFile = { name, version: number, includes: ['install.sh'] };
  await writeFile(join(folder, 'gwe-buildfile.json'), JSON.stringify(buildFile));
  await run('gwe --build-app gwe-buildfile.json');
}
