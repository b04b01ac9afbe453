import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setIniOption } from '@gateway-engine/host';
import { CuttingLink, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { product, System, sn } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

const app = 'delta-demo';
const manual = randomBytes(300_000).toString('hex');

describe('signed updates of an application that is installed', () => {
  let system: System;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    system = await System.start();
    await gwe('keys', 'create', product);
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const gwe = (...args: string[]) => system.developer(folder.path, ...args);

  const name = (version: number) => `${app}.v${version}.tar.gz`;

  /** Publishes a version and has it installed; gives what the gateway's log says of its download, a line each. */
  async function update(version: number, text: string): Promise<Record<string, unknown>[]> {
    const files = [
      script('install.sh', `cp manual.txt "$GWE_HOME/manual-${version}.txt"`),
      { path: 'manual.txt', content: text },
    ];
    await gwe('publish', makeTarball(folder.path, name(version), files));
    await system.operator('device', 'write', product, sn, 'fetch_status', '');
    await system.operator('deploy', product, sn, name(version));
    const status = await waitUntil(
      'fetch_status',
      async () => (await system.value('fetch_status')) || undefined,
      { timeoutMs: 60_000 },
    );
    expect(status).toContain(`${name(version)}: installed`);
    expect(await readFile(join(system.home, `manual-${version}.txt`), 'utf8')).toBe(text);
    const log = await readFile(join(system.home, 'log', 'gwe.log'), 'utf8');
    const lines = log.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line)).filter(({ tarball }) => tarball === name(version));
  }

  const changed = `${manual.slice(0, 200_000)}one line more\n${manual.slice(200_000)}`;

  test('come as a delta, which the platform makes of the two versions', async () => {
    await update(1, manual);
    const said = await update(2, changed);
    const [delta] = said.filter(({ msg }) => msg === 'made by a delta');
    expect(delta).toMatchObject({ from: name(1), whole: expect.any(Number) });
    expect(delta?.bytes).toBeLessThan(5_000);
    expect(delta?.whole).toBeGreaterThan(300_000);
  });

  test('come as a delta to what was made by a delta, also after the platform was started again', async () => {
    await system.platform.process.stop();
    await system.startPlatform();
    const said = await update(3, `${changed}the end\n`);
    expect(said.find(({ msg }) => msg === 'made by a delta')).toMatchObject({ from: name(2) });
  });

  test('come whole when the version that is here is gone from the platform', async () => {
    await system.operator('content', 'delete', product, name(3));
    const said = await update(4, `${changed}the end, again\n`);
    expect(said.map(({ msg }) => msg)).toContain(
      `no delta from ${name(3)}: the platform has none of these two`,
    );
  });

  test('come over a link that is cut again and again, and go on where they were, though the engine is killed meanwhile', async () => {
    const id = 'large-demo.v1.tar.gz';
    const files = [
      script('install.sh', 'true'),
      { path: 'large', content: randomBytes(3_000_000).toString('hex') },
    ];
    const { size } = await stat(makeTarball(folder.path, id, files));
    await gwe('publish', id);
    const port = Number(new URL(system.platform.url).port);
    await using link = await CuttingLink.start(port, { bytesPerSecond: 2_000_000, cutEveryMs: 700 });
    const config = join(system.home, 'etc', 'Engine.config');
    const server = `http://127.0.0.1:${link.port}`;
    await writeFile(config, setIniOption(await readFile(config, 'utf8'), 'engine', 'server', server));
    await system.killProgram('gwe');
    await system.operator('device', 'write', product, sn, 'fetch_status', '');
    await system.operator('deploy', product, sn, id);
    await waitUntil('half of the package', () => link.delivered > size / 2, { timeoutMs: 60_000 });
    await system.killProgram('gwe');
    const status = await waitUntil(
      'fetch_status',
      async () => (await system.value('fetch_status')) || undefined,
      { timeoutMs: 90_000 },
    );
    expect(status).toContain(`${id}: installed`);
    expect(link.cuts).toBeGreaterThan(1);
    // Nothing is asked for again that has come; what was on its way at a cut is, and how much that is, is not ours to say.
    expect(link.ranges.length).toBeGreaterThan(1);
    // The same place twice: the link was cut before anything came.
    expect(link.ranges.every((from, index) => from >= (link.ranges[index - 1] ?? 1))).toBe(true);
    expect(link.ranges.at(-1)).toBeGreaterThan(link.ranges[0] ?? 0);
  });
});
