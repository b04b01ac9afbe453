import { TrustedMetadata } from '@gateway-engine/app-package';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { newOnlineKeys, onlineSigners } from '../../src/trust/online-signing.ts';
import { ProductTrust } from '../../src/trust/product-trust.ts';
import { TrustRenewal } from '../../src/trust/trust-renewal.ts';
import { Developer, day } from './developer.ts';

async function withTargets() {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const store = await openSqliteStore({ directory: folder.path, clock });
  const trust = new ProductTrust({ store, clock, logger: silentLogger });
  const renewal = new TrustRenewal({ store, trust, clock, logger: silentLogger });
  const developer = new Developer();
  await store.createProduct({ id: 'pump', resources: [] });
  const signers = onlineSigners((await store.onlineKeys('pump', newOnlineKeys)).current);
  const online = { snapshot: { key: signers.snapshot.tuf }, timestamp: { key: signers.timestamp.tuf } };
  const now = clock.now() / 1000;
  await trust.addRoot('pump', developer.root(1, online, now));
  await trust.addTargets('pump', developer.targets(1, now, []));
  const signed = async (role: 'timestamp' | 'snapshot') =>
    JSON.parse(String(await store.trustFile('pump', role))).signed;
  return {
    clock,
    store,
    renewal,
    signed,
    [Symbol.asyncDispose]: async () => {
      await renewal.stop();
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('snapshot and timestamp are signed anew when a day is over, and not before', async () => {
  await using it = await withTargets();
  const { clock, renewal } = it;
  await clock.advance(day * 1000 - 1000);
  await renewal.look();
  expect((await it.signed('timestamp')).version).toBe(1);
  await clock.advance(1000);
  await renewal.look();
  await renewal.look();
  const timestamp = await it.signed('timestamp');
  expect([timestamp.version, timestamp.signed_at]).toEqual([2, clock.now() / 1000]);
  expect(timestamp.expires).toBe('2026-01-09T00:00:00Z');
  expect((await it.signed('snapshot')).version).toBe(2);
});

test('a platform that was off for a month signs anew at its start, and daily from then on', async () => {
  await using it = await withTargets();
  it.clock.setWall(it.clock.now() + 30 * day * 1000);
  const version = async () => (await it.signed('timestamp')).version;
  await it.renewal.start();
  expect(await version()).toBe(2);
  await expect.poll(() => it.clock.waiting).toBeGreaterThan(0);
  // Hour by hour, as each look waits for the one before.
  for (let hour = 0; hour < 26; hour++) {
    await it.clock.advance(3_600_000);
    await it.renewal.look();
  }
  expect(await version()).toBe(3);
});

test('gateways that a clock ahead has proven a false time to go on trusting once it is set back', async () => {
  await using it = await withTargets();
  const { clock, store, renewal } = it;
  const file = async (role: 'root' | 'timestamp' | 'snapshot' | 'targets') =>
    (await store.trustFile('pump', role)) ?? Buffer.alloc(0);
  const provenTime = async (time: number) => {
    const trusted = new TrustedMetadata(await file('root'), { now: time });
    trusted.updateTimestamp(await file('timestamp'));
    trusted.updateSnapshot(await file('snapshot'));
    trusted.updateTargets(await file('targets'));
    return trusted.time;
  };
  const truth = clock.now();
  clock.setWall(truth + 100 * day * 1000);
  await renewal.look();
  const misled = await provenTime(truth / 1000);
  expect(misled).toBe(truth / 1000 + 100 * day);
  clock.setWall(truth + 1000);
  await renewal.look();
  expect(await provenTime(misled)).toBe(misled);
  expect(await provenTime(truth / 1000)).toBe(truth / 1000 + 1);
});

test('a clock that was set back makes the platform sign for the present, and for whoever took it to be right', async () => {
  await using it = await withTargets();
  const before = await it.signed('timestamp');
  it.clock.setWall(it.clock.now() - 10 * day * 1000);
  await it.renewal.look();
  const timestamp = await it.signed('timestamp');
  expect(timestamp.signed_at).toBe(it.clock.now() / 1000);
  expect(timestamp.expires).toBe(before.expires);
});
