import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { runToEnd } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { gwePlatform, type RunningPlatform, runPlatform } from './running-platform.ts';

// Every command is a process of its own, and a busy machine takes seconds to start a few.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let platform: RunningPlatform;

beforeAll(async () => {
  platform = await runPlatform();
  await succeed(
    'product',
    'create',
    'p1',
    '--resource',
    'sine-data:float',
    '--resource',
    'knob:integer:settable',
  );
  await succeed('device', 'add', 'p1', 'gw-1');
});
afterAll(() => platform[Symbol.asyncDispose]());

async function succeed(...args: string[]): Promise<string> {
  const { exitCode, output } = await platform.command(...args);
  expect([args.join(' '), exitCode, output]).toEqual([args.join(' '), 0, output]);
  return output;
}

async function json(...args: string[]) {
  return JSON.parse(await succeed(...args, '--json'));
}

/** Two at a time: as many as the smallest machine of the tests has processors. */
async function inPairs<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 2) await Promise.all(items.slice(at, at + 2).map(act));
}

test('products are created, with an id of their own if none is given, and listed', async () => {
  expect(await succeed('product', 'create', 'p2')).toBe('created product p2 with 6 resources\n');
  const made = await json('product', 'create');
  expect(made.id).toMatch(/^[a-z][a-z0-9]{15}$/);
  const lines = (await succeed('product', 'list')).split('\n');
  expect(lines[0]).toMatch(/^PRODUCT {2,}DEVICES {2}RESOURCES {2}CREATED$/);
  expect(lines.find((line) => line.startsWith('p1 '))).toMatch(/^p1 +1 +8 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  const { products } = await json('product', 'list');
  expect(products.map(({ id }: { id: string }) => id).sort()).toEqual([made.id, 'p1', 'p2'].sort());
});

test('devices are added, listed and shown', async () => {
  expect(await succeed('device', 'add', 'p1', 'a/b ?é')).toContain('added device a/b ?é to product p1');
  const list = await succeed('device', 'list', 'p1');
  expect(list).toMatch(/^DEVICE +STATUS +LAST CONTACT\n/);
  expect(list).toMatch(/^gw-1 +notactivated +never$/m);
  expect(list).toMatch(/^a\/b \?é +notactivated +never$/m);
  const shown = await succeed('device', 'show', 'p1', 'gw-1');
  expect(shown).toMatch(/^device: {7}gw-1$/m);
  expect(shown).toMatch(/^sine-data +float +- +-$/m);
  expect((await json('device', 'show', 'p1', 'gw-1')).resources).toHaveLength(8);
});

test('what is written is read back and stands in the history', async () => {
  expect(await succeed('device', 'write', 'p1', 'gw-1', 'knob', '-5')).toMatch(/^wrote knob at \d{4}/);
  expect(await succeed('device', 'read', 'p1', 'gw-1', 'knob')).toBe('-5\n');
  const written = await json('device', 'write', 'p1', 'gw-1', 'sine-data', '1.50');
  expect(written.value).toBe('1.5');
  expect((await json('device', 'read', 'p1', 'gw-1', 'sine-data')).latest).toEqual(written);
  expect((await json('device', 'history', 'p1', 'gw-1', 'sine-data', '--limit', '3')).points).toEqual([
    [written.ts, '1.5'],
  ]);
  expect(await succeed('device', 'history', 'p1', 'gw-1', 'knob')).toMatch(/^TIME +VALUE\n.*Z {2}-5\n$/);
});

test('a resource without a value prints nothing to read but says why', async () => {
  expect(await succeed('device', 'read', 'p1', 'gw-1', 'usage_report')).toBe(
    'usage_report has no value yet\n',
  );
  expect(await succeed('device', 'history', 'p1', 'gw-1', 'usage_report')).toBe(
    'usage_report has no points yet\n',
  );
});

test('a file is uploaded without a bar into a pipe, listed and deployed', async () => {
  const file = `${platform.folder}/app.v1.tar.gz`;
  await writeFile(file, Buffer.alloc(3_000_000, 'x'));
  expect(await succeed('content', 'list', 'p1')).toContain('no content yet');
  const uploaded = await succeed('content', 'upload', 'p1', file);
  expect(uploaded).toMatch(/^uploaded app\.v1\.tar\.gz \(2\.9 MiB, sha256 [0-9a-f]{64}\) to product p1\n$/);
  expect(await succeed('content', 'list', 'p1')).toMatch(
    /^app\.v1\.tar\.gz +2\.9 MiB +application\/gzip +\d/m,
  );
  expect(await succeed('deploy', 'p1', 'gw-1', 'app.v1.tar.gz')).toContain(
    'told device gw-1 to install app.v1.tar.gz',
  );
  expect(JSON.parse(await succeed('device', 'read', 'p1', 'gw-1', 'engine_fetch'))).toEqual({
    install: [{ name: 'app.v1.tar.gz' }],
  });
});

test('a device is told to remove applications, and to cancel what is under way for them', async () => {
  const engineFetch = async () => JSON.parse(await succeed('device', 'read', 'p1', 'gw-1', 'engine_fetch'));
  expect(await succeed('undeploy', 'p1', 'gw-1', 'app', 'other')).toBe(
    'told device gw-1 to remove app, other\nfollow it with: gwe-platform device read p1 gw-1 fetch_status\n',
  );
  expect(await engineFetch()).toEqual({ remove: ['app', 'other'] });
  expect(await succeed('cancel', 'p1', 'gw-1', 'app')).toContain(
    'told device gw-1 to cancel what is under way for app\n',
  );
  expect(await engineFetch()).toEqual({ cancel: ['app'] });
});

test('an uploaded file is deleted, and then gone', async () => {
  const file = `${platform.folder}/old.v1.tar.gz`;
  await writeFile(file, 'old');
  await succeed('content', 'upload', 'p1', file);
  expect(await succeed('content', 'delete', 'p1', 'old.v1.tar.gz')).toBe(
    'deleted old.v1.tar.gz from product p1\n',
  );
  expect(await succeed('content', 'list', 'p1')).not.toContain('old.v1.tar.gz');
  await succeed('content', 'upload', 'p1', file);
  expect(JSON.parse(await succeed('content', 'delete', 'p1', 'old.v1.tar.gz', '--json'))).toEqual({
    deleted: 'old.v1.tar.gz',
  });
});

test('an upload that is killed in the middle leaves nothing at the platform', async () => {
  const uploads = `${platform.folder}/data/uploads`;
  const upload = httpRequest(`${platform.url}/api/v1/products/p1/content/cut.v1.tar.gz`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${platform.token}`, 'Content-Length': 1_000_000 },
  });
  const cut = once(upload, 'error');
  upload.write(Buffer.alloc(100_000));
  await waitUntil('the upload to begin', async () => (await readdir(uploads)).length === 1);
  upload.destroy(new Error('killed'));
  await cut;
  await waitUntil('the upload to be gone', async () => (await readdir(uploads)).length === 0);
  expect(await succeed('content', 'list', 'p1')).not.toContain('cut.v1.tar.gz');
});

test('what is unknown or wrong is told in one line, and the exit code is 1', async () => {
  const fifo = `${platform.folder}/pipe.v1.tar.gz`;
  await runToEnd('mkfifo', [fifo]);
  const expectations = [
    ['there is no product p9', 'device', 'list', 'p9'],
    ['product p1 has no device gw-9', 'device', 'show', 'p1', 'gw-9'],
    ['has no resource nope', 'device', 'read', 'p1', 'gw-1', 'nope'],
    ['there is no file /no/such.tar.gz', 'content', 'upload', 'p1', '/no/such.tar.gz'],
    ['is not a file', 'content', 'upload', 'p1', platform.folder],
    ['is not a file', 'content', 'upload', 'p1', fifo],
    ['is not a file', 'content', 'upload', 'p1', '/dev/zero'],
    ['product p1 has no content x.v9.tar.gz; list', 'content', 'delete', 'p1', 'x.v9.tar.gz'],
    ['is no application tarball', 'deploy', 'p1', 'gw-1', 'notes.txt'],
    ['a serial number has no control characters', 'device', 'add', 'p1', '..'],
    ['has no content x.v9.tar.gz', 'deploy', 'p1', 'gw-1', 'x.v9.tar.gz'],
    ['is a path; upload it', 'deploy', 'p1', 'gw-1', './x.v9.tar.gz'],
    ['"x.v9.tar.gz" is no application', 'undeploy', 'p1', 'gw-1', 'x.v9.tar.gz'],
    ['no device gw-9', 'cancel', 'p1', 'gw-9', 'app'],
    ['there is a product p1 already', 'product', 'create', 'p1'],
    ['"a b" cannot be used', 'product', 'create', 'a b'],
    ['--resource x:bool: expected', 'product', 'create', 'p3', '--resource', 'x:bool'],
    ['nothing was written', 'device', 'write', 'p1', 'gw-1', 'knob', 'many'],
    ['1 to 10000', 'device', 'history', 'p1', 'gw-1', 'knob', '--limit', '0'],
    ["unknown option '--nonsense'", 'device', 'list', 'p1', '--nonsense'],
  ] as const;
  await inPairs(expectations, async ([sentence, ...args]) => {
    const { exitCode, output } = await platform.command(...args);
    expect([exitCode, output.split('\n').length]).toEqual([1, 2]);
    expect(output).toMatch(/^gwe-platform: /);
    expect(output).toContain(sentence);
  });
});

test('a missing or wrong address or token says what to set', async () => {
  const { url } = platform;
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const expectations: [sentence: string, variables: Record<string, string>, ...flags: string[]][] = [
    ['set GWE_PLATFORM_URL or --url', {}],
    ['set GWE_PLATFORM_TOKEN or --token', { GWE_PLATFORM_URL: url }],
    ['"localhost:80" is not an address', {}, '--url', 'localhost:80'],
    ['holds a user name or password', {}, '--url', 'http://me:secret@localhost'],
    ['does not accept the token', {}, '--url', url, '--token', 'wrong-one'],
    [`nothing answers at ${nowhere}; start`, {}, '--url', nowhere, '--token', 'x'],
  ];
  await inPairs(expectations, async ([sentence, variables, ...flags]) => {
    const { exitCode, output } = await gwePlatform(variables, 'product', 'list', ...flags);
    expect([exitCode, output.split('\n').length]).toEqual([1, 2]);
    expect(output).toContain(sentence);
    expect(output).not.toMatch(/secret|wrong-one/);
  });
});

test('flags win over the environment', async () => {
  const variables = { GWE_PLATFORM_URL: 'http://127.0.0.1:1', GWE_PLATFORM_TOKEN: 'wrong' };
  const flags = ['--url', platform.url, '--token', platform.token];
  expect((await gwePlatform(variables, 'product', 'list', ...flags)).exitCode).toBe(0);
});

test('help names the variables and shows no token', async () => {
  const help = await succeed('device', 'write', '--help');
  expect(help).toContain('GWE_PLATFORM_URL');
  expect(help).toContain('GWE_PLATFORM_TOKEN');
  expect(help).not.toContain(platform.token);
});
