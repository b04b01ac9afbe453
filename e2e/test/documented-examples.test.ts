import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { commandLine } from '@gateway-engine/demo';
import { runToEnd } from '@gateway-engine/host';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Example,
  examplePages,
  examplesOf,
  module,
  parseExamples,
  shellScript,
} from '../src/documented-examples.ts';
import { pythonEnvironment } from '../src/python.ts';
import { product, root, System, sn } from '../src/system.ts';

const pages = [...examplePages];

const examplesIn = (language: string, of: readonly string[] = pages): Example[] =>
  of
    .flatMap(examplesOf)
    .filter((each) => each.language === language && each.notRun === undefined && !each.ownGateway);

let system: System;
let environment: NodeJS.ProcessEnv;
let desk: string;

beforeAll(async () => {
  system = await System.start();
  const bin = join(system.folder, 'bin');
  await mkdir(bin);
  // Where a reader stands: in a clone, as far as the pages speak of it. What the examples write stays in here.
  desk = join(system.folder, 'desk');
  await mkdir(desk);
  await symlink(join(root, 'clients'), join(desk, 'clients'));
  await writeFile(join(desk, 'my-app.v1.tar.gz'), 'never installed');
  for (const name of ['gwe-platform', 'gwe-supervisorctl'] as const) {
    const words = commandLine(name).map((word) => `'${word}'`);
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  }
  // The pages speak of a product, a gateway and a sensor of these names.
  const resources = ['--resource', 'test:float', '--resource', 'sine-data:float'];
  await system.operator('product', 'create', 'demo', ...resources);
  await system.operator('device', 'add', 'demo', 'sensor-1');
  await system.operator('device', 'add', 'demo', 'gateway-1');
  for (const [alias, value] of [
    ['sine-data', '0.5'],
    ['engine_report', '{"apps":[]}'],
    ['fetch_status', 'NAME: installed'],
  ] as const) {
    await system.operator('device', 'write', 'demo', 'gateway-1', alias, value);
  }
  await system.operator('device', 'write', product, sn, 'sine-data', '0.5');
  const sensor = join(system.folder, 'sensor.cfg');
  await writeFile(sensor, "[device]\ncik = ''\nvendor = demo\nmodel = demo\nuuid = sensor-1\n");
  environment = {
    ...system.environment(),
    ...pythonEnvironment,
    GMQ_URL: system.gmqUrl,
    CIK: (await system.command('gwe', ['-C'])).trim(),
    SENSOR_CFG: sensor,
    PATH: [join(system.home, 'bin'), bin, process.env.PATH].join(delimiter),
  };
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

async function run(command: string, args: string[]): Promise<void> {
  const result = await runToEnd(command, args, { env: environment, cwd: desk, timeoutMs: 100_000 });
  if (result.exitCode !== 0) throw new Error(`exit status ${result.exitCode}: ${result.output}`);
}

test.each(pages)('the shell examples of docs/%s work, one after the other', async (page) => {
  // A device can be activated once; each page does it.
  await system.operator('device', 'enable', 'demo', 'sensor-1');
  const examples = examplesIn('sh', [page]);
  expect(examples).not.toHaveLength(0);
  await run('bash', ['-c', shellScript(examples)]);
});

test.each(examplesIn('python'))('the example in Python works ($place)', async ({ text }) => {
  await system.operator('device', 'enable', 'demo', 'sensor-1');
  await run('python3', ['-W', 'error', '-c', text]);
});

/** A folder from which the packages of this repository can be imported. */
const modules = join(root, 'e2e', 'dist', 'examples');

test.each(examplesIn('ts'))('the example in TypeScript works ($place)', async (example) => {
  await mkdir(modules, { recursive: true });
  const file = join(modules, `${example.place.replaceAll(/\W+/g, '-')}.ts`);
  await writeFile(file, module(example, system.platform.url, system.gmqUrl));
  await run(process.execPath, [file]);
});

test('every program and command in the pages is in a language that is run here', () => {
  // Without a language: what is shown, such as an answer or a configuration file.
  const known = ['', 'sh', 'ts', 'python', 'json', 'ini', 'nginx'];
  const others = pages.flatMap(examplesOf).filter((each) => !known.includes(each.language));
  expect(others).toEqual([]);
});

test('a block is skipped only where the page says why', () => {
  const page =
    '<!-- not run by tests: needs a modem -->\n\n```sh\ndial\n```\n\ntext\n\n- a\n\n  ```sh\n  echo\n  ```\n';
  expect(parseExamples(page, 'page.md')).toEqual([
    { place: 'page.md:3', language: 'sh', text: 'dial', notRun: 'needs a modem', ownGateway: false },
    { place: 'page.md:11', language: 'sh', text: 'echo', notRun: undefined, ownGateway: false },
  ]);
});
