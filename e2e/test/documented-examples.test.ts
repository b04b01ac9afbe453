import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { commandLine } from '@gateway-engine/demo';
import { runToEnd } from '@gateway-engine/host';
import { freePort, selfSignedCertificate } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Example,
  examplePages,
  examplesOf,
  module,
  parseExamples,
  shellScript,
  withFreePorts,
} from '../src/documented-examples.ts';
import { pythonEnvironment } from '../src/python.ts';
import { product, root, System, sn } from '../src/system.ts';

const pages = [...examplePages];

const examplesIn = (language: string, of: readonly string[] = pages): Example[] =>
  of
    .flatMap(examplesOf)
    .filter(
      (each) =>
        each.language === language && each.notRun === undefined && !each.ownGateway && !each.cleanSystem,
    );

let system: System;
let environment: NodeJS.ProcessEnv;
let desk: string;
let mqtt: number;
let secured: Server;

beforeAll(async () => {
  system = await System.start();
  mqtt = await freePort();
  secured = createServer(selfSignedCertificate());
  await once(secured.listen(0, '127.0.0.1'), 'listening');
  const bin = join(system.folder, 'bin');
  await mkdir(bin);
  // Where a reader stands: in a clone, as far as the pages speak of it. What the examples write stays in here.
  desk = join(system.folder, 'desk');
  await mkdir(desk);
  await symlink(join(root, 'clients'), join(desk, 'clients'));
  for (const name of ['my-app.v1.tar.gz', 'sine.v3.tar.gz', 'notes.txt']) {
    await writeFile(join(desk, name), 'never installed');
  }
  await mkdir(join(desk, 'packages/solution-app'), { recursive: true });
  await symlink(join(root, 'packages/solution-app/dist'), join(desk, 'packages/solution-app/dist'));
  for (const name of ['gwe-platform', 'gwe-supervisord', 'gwe-supervisorctl'] as const) {
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
  await system.operator('content', 'upload', product, join(desk, 'notes.txt'));
  await system.operator('product', 'create', 'roofs');
  await system.operator('content', 'upload', 'roofs', join(desk, 'sine.v3.tar.gz'));
  for (const sn of ['roof-1', 'roof-2', 'roof-3']) await system.operator('device', 'add', 'roofs', sn);
  // A pump that does not run, and a supervisor with a program of its own.
  await writeFile(join(desk, 'pump'), '0\n');
  await writeFile(
    join(desk, 'supervisord.conf'),
    `[supervisord]\npidfile=${desk}/supervisord.pid\nlogfile=${desk}/supervisord.log\n[program:beside]\ncommand=sleep 1000\n`,
  );
  const meter = "while :; do echo 'no meter at 192.0.2.40'; sleep 1; done";
  await writeFile(
    join(system.home, 'etc/supervisor/conf.d/meter.conf'),
    `[program:meter]\ncommand=sh -c "${meter}"\nredirect_stderr=true\n`,
  );
  await system.command('gwe-supervisorctl', ['update']);
  await system.command('gmq', ['cfg', 'set', 'mqtt', 'listen', `127.0.0.1:${mqtt}`]);
  await system.command('gwe-supervisorctl', ['restart', 'gmq']);
  const sensor = join(system.folder, 'sensor.cfg');
  await writeFile(sensor, "[device]\ncik = ''\nvendor = demo\nmodel = demo\nuuid = sensor-1\n");
  environment = {
    ...system.environment(),
    ...pythonEnvironment,
    GMQ_URL: system.gmqUrl,
    CIK: (await system.command('gwe', ['-C'])).trim(),
    SENSOR_CFG: sensor,
    PRODUCT: product,
    PATH: [join(system.home, 'bin'), bin, process.env.PATH].join(delimiter),
  };
});

afterAll(async () => {
  secured?.close();
  await system?.[Symbol.asyncDispose]();
});

/** In place of what the pages name: this machine's ports and files. */
function withOwnNames(text: string): string {
  const { port } = secured.address() as AddressInfo;
  return withFreePorts(text)
    .replaceAll('http://127.0.0.1:8080', system.platform.url)
    .replaceAll('--data /var/lib/gwe-platform', `--data ${join(desk, 'own-platform')}`)
    .replaceAll('/var/lib/gwe-platform', join(system.folder, 'platform'))
    .replaceAll('"$GWE_HOME/etc/supervisord.conf"', join(desk, 'supervisord.conf'))
    .replaceAll('/sys/class/gpio/gpio7/value', join(desk, 'pump'))
    .replaceAll('deploy weather', 'deploy roofs')
    .replaceAll('HOST:443', `127.0.0.1:${port}`)
    .replaceAll('mosquitto_pub ', `mosquitto_pub -h 127.0.0.1 -p ${mqtt} `);
}

async function run(command: string, args: string[]): Promise<void> {
  const result = await runToEnd(command, args, { env: environment, cwd: desk, timeoutMs: 100_000 });
  if (result.exitCode !== 0) throw new Error(`exit status ${result.exitCode}: ${result.output}`);
}

test.each(pages)('the shell examples of docs/%s work, one after the other', async (page) => {
  // A device can be activated once; each page does it.
  await system.operator('device', 'enable', 'demo', 'sensor-1');
  const examples = examplesIn('sh', [page]).map((each) => ({ ...each, text: withOwnNames(each.text) }));
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
  const known = ['', 'sh', 'ts', 'python', 'json', 'ini', 'yaml', 'nginx'];
  const others = pages.flatMap(examplesOf).filter((each) => !known.includes(each.language));
  expect(others).toEqual([]);
});

test('the comment above a block says how it is run, or why not', () => {
  const page = [
    '<!-- not run by tests: needs a modem -->\n\n```sh\ndial\n```\n\ntext\n',
    '- a\n\n  ```sh\n  echo\n  ```\n',
    '<!-- run by tests on a gateway of its own, until: it runs -->\n```sh\ngwe\n```\n',
    '<!-- run by tests, refused: no such file -->\n```sh\ncat x\n```\n',
  ].join('\n');
  const plain = { notRun: undefined, ownGateway: false, cleanSystem: false };
  expect(parseExamples(page, 'page.md')).toMatchObject([
    { place: 'page.md:3', language: 'sh', text: 'dial', ...plain, notRun: 'needs a modem' },
    { place: 'page.md:11', text: 'echo', ...plain, until: undefined, refused: undefined },
    { text: 'gwe', ...plain, ownGateway: true, until: 'it runs' },
    { text: 'cat x', ...plain, refused: 'no such file' },
  ]);
});

test.each([
  ['until: hello', 'echo hello; sleep 100', 0, /hello/],
  ['until: hello', 'echo good day', 1, /it never printed: hello/],
  ['refused: no such', 'echo no such thing; exit 3', 0, /^== page.md:2\n$/],
  ['refused: no such', 'exit 3', 1, /it did not say: no such/],
  ['refused: no such', 'echo no such thing', 1, /it was not refused/],
])('%s, of %s, ends with %d', async (how, text, exitCode, said) => {
  const page = `<!-- run by tests, ${how} -->\n\`\`\`sh\n${text}\n\`\`\`\n`;
  const script = shellScript(parseExamples(page, 'page.md'));
  const result = await runToEnd('bash', ['-c', script.replace('seq 300', 'seq 30')]);
  expect(result).toMatchObject({ exitCode, output: expect.stringMatching(said) });
});
