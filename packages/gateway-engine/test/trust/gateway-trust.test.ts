import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newKey, sha256Of } from '@gateway-engine/app-package';
import { expect, test } from 'vitest';
import { TrustRecords } from '../../src/trust/trust-records.ts';
import { LyingFront } from './lying-front.ts';
import { day, TrustedProduct } from './trusted-product.ts';
import { TrustingGateway } from './trusting-gateway.ts';

const one = 'app.v1.tar.gz';
const two = 'app.v2.tar.gz';

/** A product with a root and one release, and a gateway that reaches it through somebody else. */
async function published() {
  const stack = new AsyncDisposableStack();
  const platform = stack.use(await TrustedProduct.start());
  const root = await platform.putRoot();
  await platform.publish(one);
  const front = stack.use(await LyingFront.start(() => platform.url));
  const gateway = stack.use(await TrustingGateway.make(front.url, platform.cik));
  return Object.assign(stack.move(), { platform, front, gateway, root });
}

const refused = (message: RegExp) => ({ code: 'TRUST', message: expect.stringMatching(message) });
const postponed = { code: 'DOWNLOAD_POSTPONED' };

test('a signed release is judged by what was signed of it, and what is here is not fetched again', async () => {
  await using it = await published();
  const verdict = await it.gateway.judge(one);
  expect(verdict).toMatchObject({
    kind: 'signed',
    length: one.length,
    sha256: sha256Of(Buffer.from(one)),
    custom: { app: 'app', version: '1', release: 1 },
  });
  expect(it.front.asked).toEqual([
    '1.root.json',
    '2.root.json',
    'timestamp.json',
    '1.snapshot.json',
    '1.targets.json',
  ]);
  it.front.asked.length = 0;
  expect(await it.gateway.judge(one)).toEqual(verdict);
  expect(it.front.asked).toEqual(['2.root.json', 'timestamp.json']);
  await it.platform.publish(two);
  expect(await it.gateway.judge(two)).toMatchObject({ custom: { release: 2 } });
  expect((await readdir(it.gateway.layout.tuf)).sort()).toEqual([
    '2.snapshot.json',
    '2.targets.json',
    'timestamp.json',
  ]);
});

test('the first root that is seen is pinned, shown, and the only one from then on', async () => {
  await using it = await published();
  const { gateway } = it;
  expect(gateway.trust.facts).toEqual({ verify: 'unpinned' });
  await gateway.trust.enrol(new AbortController().signal);
  const root_sha256 = sha256Of(it.root);
  expect(gateway.trust.facts).toEqual({ verify: 'required', root_sha256 });
  expect(gateway.said).toEqual([expect.stringContaining(`sha256 ${root_sha256}`)]);
  await gateway.restart();
  await using other = await TrustedProduct.start();
  await other.putRoot();
  await other.publish(one);
  for (const file of ['1.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']) {
    it.front.lies.set(file, await other.served(file));
  }
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/SIGNATURE.*timestamp\.json/));
  expect(gateway.trust.facts).toEqual({ verify: 'required', root_sha256 });
});

test('a product without a root is installed from unsigned, and says so, until it has one', async () => {
  await using platform = await TrustedProduct.start();
  await using gateway = await TrustingGateway.make(platform.url, platform.cik);
  await gateway.trust.enrol(new AbortController().signal);
  const unsigned = { kind: 'unsigned', because: 'product pump has no root of trust' };
  expect(await gateway.judge(one)).toEqual(unsigned);
  expect(await gateway.judgeFile(one)).toEqual(unsigned);
  await platform.putRoot();
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/no timestamp\.json of product pump/));
  await platform.publish(two);
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/app\.v1\.tar\.gz is not among the signed/));
  expect(await gateway.judge(two)).toMatchObject({ kind: 'signed' });
});

test('with verify = required nothing unsigned is installed, root or none', async () => {
  await using platform = await TrustedProduct.start();
  await using gateway = await TrustingGateway.make(platform.url, platform.cik);
  gateway.verify = 'required';
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/only signed updates/));
  await expect(gateway.judgeFile(one)).rejects.toMatchObject(refused(/only signed updates/));
  expect(gateway.trust.facts).toEqual({ verify: 'required' });
});

test('without a product, that is said', async () => {
  await using platform = await TrustedProduct.start();
  await using gateway = await TrustingGateway.make(platform.url, platform.cik);
  gateway.product = undefined;
  expect(await gateway.judgeFile(one)).toEqual({ kind: 'unsigned', because: 'no product is configured' });
  gateway.verify = 'required';
  await expect(gateway.judgeFile(one)).rejects.toMatchObject(
    refused(/^no product is configured, and only signed updates may be installed here$/),
  );
});

test('with verify = off anything is installed, though a root is pinned, and that is said each time', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  it.gateway.verify = 'off';
  it.front.asked.length = 0;
  const unsigned = { kind: 'unsigned', because: 'verify = off in [ota] of Engine.config' };
  expect(await it.gateway.judge('other.v1.tar.gz')).toEqual(unsigned);
  expect(await it.gateway.judgeFile('other.v1.tar.gz')).toEqual(unsigned);
  expect(it.front.asked).toEqual([]);
  expect(it.gateway.trust.facts).toMatchObject({ verify: 'off' });
});

test('a configured fingerprint pins that root alone, and takes the place of one that was pinned before', async () => {
  await using it = await published();
  const { gateway } = it;
  gateway.rootSha256 = 'ab'.repeat(32);
  await expect(gateway.judge(one)).rejects.toMatchObject(
    refused(new RegExp(`root of product pump is refused.*${sha256Of(it.root)}, not the pinned abab`)),
  );
  await expect(gateway.judgeFile(one)).rejects.toMatchObject(refused(/only signed updates/));
  gateway.rootSha256 = undefined;
  await gateway.judge(one);
  await using other = await TrustedProduct.start();
  gateway.rootSha256 = sha256Of(await other.putRoot());
  expect(gateway.trust.facts).toEqual({ verify: 'required' });
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/not the pinned/));
  gateway.rootSha256 = sha256Of(it.root);
  expect(await gateway.judge(one)).toMatchObject({ kind: 'signed' });
});

test('a page in place of a root pins nothing, and a platform that answers so is one without a root', async () => {
  await using it = await published();
  it.front.lies.set('1.root.json', Buffer.from('<html>Not here</html>'));
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'unsigned' });
  expect(it.gateway.said.join()).toMatch(/gives as root of product pump is none/);
  expect(it.gateway.trust.facts).toEqual({ verify: 'unpinned' });
});

test('roots are followed over three versions with all of the developer’s keys changed', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  for (let version = 2; version <= 4; version++) {
    await it.platform.putRoot({ keys: { root: newKey(), targets: newKey() } });
  }
  // Until the targets are signed by a key that counts, nothing is installed.
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/SIGNATURE.*targets\.json/));
  await it.platform.publish(two);
  expect(await it.gateway.judge(two)).toMatchObject({ kind: 'signed' });
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'signed' });
  // A gateway that comes new finds the same way.
  await using late = await TrustingGateway.make(it.platform.url, it.platform.cik);
  late.rootSha256 = sha256Of(it.root);
  expect(await late.judge(two)).toMatchObject({ kind: 'signed' });
});

test('new keys of the platform are taken over with the root that names them', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  await it.platform.admin('POST', 'products/pump/trust/online-keys');
  const former = await it.platform.served('timestamp.json');
  await it.platform.putRoot();
  it.front.lies.set('timestamp.json', former);
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/SIGNATURE.*timestamp\.json/));
  it.front.lies.clear();
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'signed' });
});

test('older metadata than was trusted is refused, also after a restart and when all files here are lost', async () => {
  await using it = await published();
  const old = new Map<string, Buffer>();
  for (const file of ['timestamp.json', '1.snapshot.json', '1.targets.json']) {
    old.set(file, await it.platform.served(file));
  }
  await it.platform.publish(two);
  await it.gateway.judge(two);
  for (const [file, bytes] of old) it.front.lies.set(file, bytes);
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/ROLLBACK.*timestamp\.json/));
  for (const name of await readdir(it.gateway.layout.tuf))
    await writeFile(join(it.gateway.layout.tuf, name), '');
  await it.gateway.restart();
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/ROLLBACK.*timestamp\.json/));
});

test('files of two sets mixed and matched are refused', async () => {
  await using it = await published();
  const [snapshot, targets] = [
    await it.platform.served('1.snapshot.json'),
    await it.platform.served('1.targets.json'),
  ];
  await it.platform.publish(two);
  it.front.lies.set('2.snapshot.json', snapshot);
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/snapshot\.json/));
  it.front.lies.set('2.targets.json', targets);
  it.front.lies.delete('2.snapshot.json');
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/targets\.json/));
  it.front.lies.clear();
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'signed' });
});

test('metadata that somebody holds back is refused when its time is over, by the clock or by what was proven', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  it.front.lies.set('timestamp.json', await it.platform.served('timestamp.json'));
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'signed' });
  it.gateway.clock = () => Date.now() + 8 * day * 1000;
  await expect(it.gateway.judge(one)).rejects.toMatchObject(
    refused(/EXPIRED.*timestamp\.json: it expired.*by this gateway's clock, which may be wrong/),
  );
});

test('a gateway that boots in 1970 updates, and what time has proven stays proven', async () => {
  await using it = await published();
  const { gateway, platform, front } = it;
  gateway.clock = () => 60_000;
  expect(await gateway.judge(one)).toMatchObject({ kind: 'signed' });
  const held = await platform.served('timestamp.json');
  const held1 = await platform.served('1.snapshot.json');
  await platform.restart(30 * day * 1000);
  await platform.publish(two);
  expect(await gateway.judge(two)).toMatchObject({ kind: 'signed' });
  await gateway.restart();
  // Booted in 1970 once more, it knows that the month has passed.
  await using fresh = await TrustingGateway.make(front.url, platform.cik);
  fresh.clock = () => 60_000;
  front.lies.set('timestamp.json', held);
  front.lies.set('1.snapshot.json', held1);
  // Who was never told cannot know.
  expect(await fresh.judge(one)).toMatchObject({ kind: 'signed' });
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/ROLLBACK/));
  front.lies.clear();
  // A platform whose clock went back by that month proves nothing, takes nothing back, and keeps nobody from updating.
  const proven = () => new TrustRecords(gateway.database).pin('pump')?.provenTime ?? 0;
  const before = proven();
  expect(before).toBeGreaterThan(Date.now() / 1000 + 29 * day);
  await platform.restart(0);
  await platform.sign();
  expect(await gateway.judge(one)).toMatchObject({ kind: 'signed' });
  expect(proven()).toBe(before);
});

test('a time that a root has proven which somebody replaced counts no longer', async () => {
  await using it = await published();
  const { gateway, platform, front } = it;
  // Whoever had the line at the first contact showed a root of theirs, and signed for a time to come.
  await using thief = await TrustedProduct.start();
  await thief.restart(300 * day * 1000);
  await thief.putRoot({ expires: thief.now + 365 * day });
  await thief.publish(one);
  for (const file of ['1.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']) {
    front.lies.set(file, await thief.served(file));
  }
  await gateway.judge(one);
  front.lies.clear();
  await expect(gateway.judge(one)).rejects.toMatchObject(refused(/SIGNATURE/));
  gateway.rootSha256 = sha256Of(it.root);
  expect(await gateway.judge(one)).toMatchObject({ kind: 'signed' });
  await platform.publish(two);
  expect(await gateway.judge(two)).toMatchObject({ kind: 'signed' });
});

test('a root that has expired stops updates until the next one, however long the gateway was away', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  const years = 3 * 365 * day * 1000;
  it.gateway.clock = () => Date.now() + years;
  await it.platform.restart(years);
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/EXPIRED.*root\.json/));
  await it.platform.putRoot();
  await it.platform.publish(two);
  expect(await it.gateway.judge(two)).toMatchObject({ kind: 'signed' });
});

test('an answer without end, one that trickles and one that is cut are given up and tried again later', async () => {
  await using it = await published();
  await it.gateway.judge(one);
  for (const lie of ['endless', 'trickle', 'cut'] as const) {
    it.front.lies.set('timestamp.json', lie);
    await expect(it.gateway.judge(one)).rejects.toMatchObject(postponed);
  }
  // What the sockets between the two hold, for a limit of 16 KiB.
  expect(it.front.endlessBytes).toBeLessThan(50_000_000);
  it.front.lies.clear();
  expect(await it.gateway.judge(one)).toMatchObject({ kind: 'signed' });
});

test('a file that is longer than was signed, or another one of that length, is refused', async () => {
  await using it = await published();
  const targets = await it.platform.served('1.targets.json');
  it.front.lies.set('1.targets.json', Buffer.concat([targets, Buffer.from(' ')]));
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/LENGTH.*targets\.json/));
  it.front.lies.set('1.targets.json', Buffer.from(targets.toString().replace('"release":1', '"release":9')));
  await expect(it.gateway.judge(one)).rejects.toMatchObject(refused(/MISMATCH.*targets\.json/));
});

test('a downgrade needs a signed permission', async () => {
  await using it = await published();
  await it.platform.publish(two);
  const installed = { version: '2', release: 2 };
  await expect(it.gateway.judge(one, installed)).rejects.toMatchObject(
    refused(/version 1 of app \(release 1\) is older than version 2 \(release 2\)/),
  );
  expect(await it.gateway.judge(two, installed)).toMatchObject({ kind: 'signed' });
  expect(await it.gateway.judge(one, { version: '2', release: null })).toMatchObject({ kind: 'signed' });
  await it.platform.publish(one, { custom: { release: 1, downgrade_from: ['3', '2'] } });
  expect(await it.gateway.judge(one, installed)).toMatchObject({ kind: 'signed' });
  await expect(it.gateway.judge(one, { version: '4', release: 4 })).rejects.toMatchObject(refused(/older/));
  await it.platform.publish(one, { custom: { release: 1, downgrade_from: ['*'] } });
  expect(await it.gateway.judge(one, { version: '4', release: 4 })).toMatchObject({ kind: 'signed' });
});

test('a file is judged by the metadata that is here, without a network and whatever the clock says', async () => {
  await using it = await published();
  await expect(it.gateway.judgeFile(one)).resolves.toMatchObject({ kind: 'unsigned' });
  await it.gateway.judge(one);
  it.front.asked.length = 0;
  it.gateway.clock = () => Date.now() + 300 * day * 1000;
  expect(await it.gateway.judgeFile(one)).toMatchObject({
    kind: 'signed',
    sha256: sha256Of(Buffer.from(one)),
  });
  await expect(it.gateway.judgeFile(two)).rejects.toMatchObject(
    refused(/app\.v2\.tar\.gz is not among the signed/),
  );
  await expect(it.gateway.judgeFile(one, { version: '2', release: 2 })).rejects.toMatchObject(
    refused(/older/),
  );
  expect(it.front.asked).toEqual([]);
  const file = join(it.gateway.layout.tuf, 'timestamp.json');
  await writeFile(file, (await readFile(file)).subarray(0, 100));
  await expect(it.gateway.judgeFile(one)).rejects.toMatchObject(refused(/FORMAT.*timestamp\.json/));
});

test('metadata here that a loss of power has torn is fetched again from the pinned root on, and the log says so', async () => {
  await using it = await published();
  await it.platform.putRoot({ keys: { root: newKey(), targets: newKey() } });
  await it.platform.publish(two);
  await it.gateway.judge(two);
  const { tuf } = it.gateway.layout;
  for (const name of await readdir(tuf)) {
    const whole = await readFile(join(tuf, name));
    for (const torn of [Buffer.alloc(0), whole.subarray(0, 200), Buffer.alloc(whole.length)]) {
      await writeFile(join(tuf, name), torn);
      await it.gateway.restart();
      it.gateway.said.length = 0;
      expect(await it.gateway.judge(two)).toMatchObject({ kind: 'signed' });
      expect(it.gateway.said.join()).toMatch(`damaged and is fetched again: ${name}`);
      expect(await it.gateway.judgeFile(two)).toMatchObject({ kind: 'signed' });
    }
  }
});
