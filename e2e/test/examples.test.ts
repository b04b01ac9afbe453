import { readFile, readlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExamples } from '../src/documented-examples.ts';
import { ModbusDevice } from '../src/examples/modbus-device.ts';
import { account, Mosquitto } from '../src/examples/mosquitto.ts';
import { product, root, System, sn } from '../src/system.ts';

const measured =
  'load processes network_rx uptime sockets disk_free voltage power frequency temperature humidity';

let system: System;

beforeAll(async () => {
  system = await System.start(
    'embedded',
    measured.split(' ').map((alias) => `${alias}:float`),
  );
  // Records go out at the end of a period.
  await system.command('gmq', ['cfg', 'set', 'unq', 'batch_record_period', '0.5']);
  await system.command('gmq', ['reread']);
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

const example = (name: string) => system.buildPackage(`examples/${name}`);
/** Builds what a developer starts with, by the commands that `gwe new` names; the files are those of the example. */
async function started(name: string, template: string): Promise<string> {
  await system.command('gwe', ['new', name, '--template', template]);
  const folder = join(system.folder, name);
  expect(await system.command('gwe', ['--check-buildfile', 'gwe-buildfile.json'], folder)).toBe('[PASS]');
  await system.command('gwe', ['--build-app', 'gwe-buildfile.json'], folder);
  return join(folder, `${name}.v1.tar.gz`);
}

/** Runs commands as a person on the gateway would. */
async function shell(cwd: string, commands: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const path = [join(system.home, 'bin'), process.env.PATH].join(delimiter);
  const result = await runToEnd('bash', ['-ec', commands], {
    env: { ...system.environment(), ...env, PATH: path },
    cwd,
    timeoutMs: 60_000,
  });
  expect(result).toMatchObject({ exitCode: 0 });
}

const install = (...tarballs: string[]) => system.command('gwe', ['--install-apps', ...tarballs]);

/** The newest value of a resource as soon as it is one that the test is waiting for; any number unless told. */
function arrives(alias: string, wanted: (value: number) => boolean = Number.isFinite): Promise<number> {
  return waitUntil(
    `a value of ${alias}`,
    async () => {
      const text = await system.value(alias);
      return text !== undefined && text !== '' && wanted(Number(text)) && Number(text);
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

test.each([
  ['shell', 'gdc-load-demo', 'load'],
  ['Python', 'python-processes-demo', 'processes'],
  ['Node', 'node-network-demo', 'network_rx'],
])('an application in %s, %s, records what it measures', async (_language, name, alias) => {
  await install(await example(name));
  expect(await arrives(alias)).toBeGreaterThanOrEqual(0);
});

describe('an application in C', () => {
  const upTime = async () => Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);

  test('runs as it was built before packing', async () => {
    const printed = await install(await example('c-uptime-demo'));
    expect(printed).toContain('as it was packed');
    const value = await arrives('uptime');
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThanOrEqual(await upTime());
  });

  test('is built on the gateway where its package has the source only', async () => {
    const copy = dirname(await example('c-uptime-demo'));
    const before = await arrives('uptime');
    const tarball = await system.command('gwe', ['--build-app', 'gwe-buildfile-source.json'], copy);
    expect(await install(tarball)).toContain('built here by');
    await arrives('uptime', (value) => value > before);
  });
});

test('a one-off sends the last lines of a log to the platform, each time that it is deployed', async () => {
  const tarball = await example('log-tail-once');
  await system.deploy(tarball);
  const status = () => system.value('fetch_status');
  await waitUntil(
    'the lines',
    async () => /the last lines of .*gwe\.log:\n.*\n/.test((await status()) ?? ''),
    {
      timeoutMs: 60_000,
    },
  );
  await system.operator('device', 'write', product, sn, 'fetch_status', '');
  await system.operator('deploy', product, sn, 'log-tail-once.v1.tar.gz');
  await waitUntil('the lines again', async () => (await status())?.includes('the last lines of'), {
    timeoutMs: 60_000,
  });
});

test('an application that depends on a library is refused without it, and uses it when it is there', async () => {
  const demo = await example('sockets-demo');
  await expect(install(demo)).rejects.toThrow(/queue-functions/);
  await install(await example('queue-functions'));
  await install(demo);
  expect(await arrives('sockets')).toBeGreaterThan(0);
});

test('a version that fails its health check gives way to the one before, which records again', async () => {
  const tarball = await example('disk-watch');
  await system.command('gwe', ['config', 'disk-watch', 'set', 'INTERVAL', '2']);
  await install(tarball);
  const before = await arrives('disk_free');
  expect(before).toBeGreaterThan(0);

  // By the commands of the README, with a check that is soon over.
  const copy = dirname(tarball);
  const manifest = join(copy, 'gwe.json');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"interval": 30', '"interval": 1'));
  const blocks = parseExamples(await readFile(join(copy, 'README.md'), 'utf8'), 'README.md');
  const edits = blocks.find(({ text }) => text.includes('sed -i'))?.text.replaceAll('npx gwe', 'gwe') ?? '';
  await shell(copy, edits);
  const faulty = join(copy, 'disk-watch.v2.tar.gz');
  await expect(install(faulty)).rejects.toThrow(/health check/);
  const newest = async () => Math.max(...(await system.history('disk_free')).keys());
  const again = await newest();
  await waitUntil('a new value', async () => (await newest()) > again, { timeoutMs: 30_000, everyMs: 500 });
  const history = JSON.parse(await system.command('gwe', ['history', 'disk-watch', '--json']));
  expect(history.at(-1)).toMatchObject({ version: '2', from: '1', because: 'probation' });
  expect(await readlink(join(system.home, 'apps', '.current', 'disk-watch'))).toMatch(/\/1$/);
  // At this pace its commands would slow down the tests below.
  await system.supervisor.stopProcess('disk-watch');
});

test('the programs for Node.js give values to the queue in the same way', async () => {
  const copies = ['node-network-demo', 'modbus-meter/src', 'mqtt-bridge/src'].map((place) =>
    readFile(join(root, 'examples', place, 'queue.js'), 'utf8'),
  );
  const [one, ...others] = await Promise.all(copies);
  expect(others).toEqual([one, one]);
});

test('a Modbus device is read, and read again when it was away', async () => {
  const tarball = await started('meter', 'modbus');
  await using device = new ModbusDevice(dirname(tarball));
  const port = await freePort();
  device.holding.writeUInt16BE(2301, 0);
  device.holding.writeInt32BE(-1500, 4);
  device.holding.writeFloatBE(49.98, 8);
  await device.switchOn(port);
  await system.command('gwe', ['config', 'meter', 'set', 'DEVICE', `127.0.0.1:${port}`]);
  await system.command('gwe', ['config', 'meter', 'set', 'INTERVAL', '0.5']);
  await install(tarball);
  expect(await arrives('voltage')).toBe(230.1);
  expect(await arrives('power')).toBe(-1500);
  expect(await arrives('frequency')).toBe(49.98);

  const { pid } = await system.running('meter');
  await device.switchOff();
  const log = () => readFile(join(system.home, 'log', 'meter.log'), 'utf8');
  await waitUntil('complaints', async () => (await log()).includes('trying again in 2 s'), {
    timeoutMs: 30_000,
  });
  device.holding.writeUInt16BE(2295, 0);
  await device.switchOn(port);
  await arrives('voltage', (value) => value === 229.5);
  expect((await system.running('meter')).pid).toBe(pid);
});

test('what an MQTT broker was told is recorded, also when the queue and the bridge were away meanwhile', async () => {
  await using broker = await Mosquitto.start(system.folder);
  const topics = [
    { topic: 'house/hall/temperature', alias: 'temperature' },
    { topic: 'zigbee2mqtt/hall', field: 'humidity', alias: 'humidity' },
  ];
  const values = { BROKER: broker.url, USERNAME: account.username, TOPICS: JSON.stringify(topics) };
  for (const [name, value] of Object.entries(values)) {
    await system.command('gwe', ['config', 'bridge', 'set', name, value]);
  }
  await shell(system.folder, 'printf %s "$SECRET" | gwe config bridge set PASSWORD --secret', {
    SECRET: account.password,
  });
  await install(await started('bridge', 'mqtt'));
  const log = () => readFile(join(system.home, 'log', 'bridge.log'), 'utf8');
  await waitUntil('the bridge', async () => (await log()).includes('connected to'), { timeoutMs: 30_000 });
  await waitUntil(
    'the temperature',
    async () => {
      await broker.publish('house/hall/temperature', '21.5');
      return (await system.value('temperature')) === '21.5';
    },
    { timeoutMs: 30_000, everyMs: 500 },
  );
  await broker.publish('zigbee2mqtt/hall', 'not JSON, which is left out and holds up nothing');
  await broker.publish('zigbee2mqtt/hall', '{"battery": 87, "humidity": 40.5}');
  await arrives('humidity', (value) => value === 40.5);
  expect(await log()).toContain('left out a message of zigbee2mqtt/hall');

  // The bridge holds the message when it is killed: had it acknowledged it, nobody would have it any more.
  await system.supervisor.stopProcess('gmq');
  await broker.publish('house/hall/temperature', '22.75');
  await waitUntil(
    'the bridge to have the message',
    async () => (await log()).includes('trying again: no answer'),
    {
      timeoutMs: 30_000,
    },
  );
  await system.killProgram('bridge');
  await system.supervisor.startProcess('gmq');
  await arrives('temperature', (value) => value === 22.75);
});
