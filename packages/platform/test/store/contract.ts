import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayResources, isKey } from '@gateway-engine/device-api';
import type { FakeClock } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import type { Content, Store, TrustRole } from '../../src/store/port.ts';

/** What a contract test works with. `reopen` closes the store and opens what it kept. */
export interface Opened extends AsyncDisposable {
  store: Store;
  readonly clock: FakeClock;
  /** A folder from which `putContent` takes its files. */
  readonly folder: string;
  reopen(): Promise<void>;
}

const cik = (digit: string) => digit.repeat(40);

/** What every implementation of the port has to do. */
export function storeContract(name: string, open: () => Promise<Opened>): void {
  async function withDevice(opened: Opened) {
    const { store, clock } = opened;
    const now = Math.floor(clock.now() / 1000);
    await store.createProduct({
      id: 'pump',
      resources: [...gatewayResources, { alias: 'count', format: 'integer', settable: false }],
    });
    const device = await store.addDevice({ product: 'pump', sn: 'A:1', windowEnds: now + 60 });
    const resources = await store.resources(device.rid);
    return { device, now, resources, id: (alias: string) => resources.get(alias)!.id };
  }

  async function upload(opened: Opened, id: string, bytes: string, product = 'pump'): Promise<Content> {
    const file = join(opened.folder, `upload-${Math.random()}`);
    await writeFile(file, bytes);
    return opened.store.putContent({
      product,
      id,
      contentType: 'application/x-gzip; odd=1',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      updated: 5,
      meta: '',
      file,
    });
  }

  describe(`${name}: figures`, () => {
    test('devices are counted by product and state, with those that are online, and contents with their bytes', async () => {
      await using opened = await open();
      const { store } = opened;
      const { now } = await withDevice(opened);
      await store.createProduct({ id: 'other', resources: [] });
      for (const sn of ['B', 'C', 'D']) await store.addDevice({ product: 'pump', sn, windowEnds: now + 60 });
      await store.addDevice({ product: 'other', sn: 'B', windowEnds: now - 1 });
      await store.activate({ product: 'pump', sn: 'B', cik: cik('b'), now: now - 100 });
      await store.activate({ product: 'pump', sn: 'C', cik: cik('c'), now: now - 50 });
      await upload(opened, 'one', 'abc');
      await upload(opened, 'two', 'de');
      const { products, contents, databaseBytes } = await store.figures({ onlineSince: now - 60 });
      expect([...products].sort((a, b) => (a.product + a.status < b.product + b.status ? -1 : 1))).toEqual([
        { product: 'other', status: 'expired', devices: 1, online: 0 },
        { product: 'pump', status: 'activated', devices: 2, online: 1 },
        { product: 'pump', status: 'notactivated', devices: 2, online: 0 },
      ]);
      expect(contents).toEqual({ count: 2, bytes: 5 });
      expect(databaseBytes).toBeGreaterThan(0);
    });
  });

  describe(`${name}: products`, () => {
    test('a product is kept with its resources in their order', async () => {
      await using opened = await open();
      const made = await opened.store.createProduct({ id: 'pump', resources: gatewayResources });
      expect(made).toEqual({
        id: 'pump',
        resources: gatewayResources,
        created: Math.floor(opened.clock.now() / 1000),
        deviceCount: 0,
      });
      await opened.reopen();
      expect(await opened.store.products()).toEqual([made]);
      expect(await opened.store.product('pump')).toEqual(made);
      expect(await opened.store.product('valve')).toBeUndefined();
    });

    test('a second product of the same id is refused', async () => {
      await using opened = await open();
      await opened.store.createProduct({ id: 'pump', resources: [] });
      const again = opened.store.createProduct({ id: 'pump', resources: gatewayResources });
      await expect(again).rejects.toMatchObject({ code: 'EXISTS' });
      expect((await opened.store.product('pump'))?.resources).toEqual([]);
    });

    test('of two products of one id made at once, one is made', async () => {
      await using opened = await open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => opened.store.createProduct({ id: 'pump', resources: [] })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });

  describe(`${name}: devices`, () => {
    test('a device gets the resources of its product and a RID', async () => {
      await using opened = await open();
      const { device, now, resources } = await withDevice(opened);
      expect(device).toEqual({
        rid: expect.any(String),
        product: 'pump',
        sn: 'A:1',
        status: 'notactivated',
        windowEnds: now + 60,
        lastContact: undefined,
      });
      expect(isKey(device.rid)).toBe(true);
      expect([...resources.keys()]).toEqual([...gatewayResources.map(({ alias }) => alias), 'count']);
      expect(resources.get('count')).toMatchObject({ alias: 'count', format: 'integer', settable: false });
      expect(resources.get('engine_fetch')).toMatchObject({ format: 'string', settable: true });
      await opened.reopen();
      expect(await opened.store.device('pump', 'A:1')).toEqual(device);
      expect(await opened.store.devices('pump')).toEqual([device]);
      expect(await opened.store.devices('valve')).toEqual([]);
      expect((await opened.store.product('pump'))?.deviceCount).toBe(1);
    });

    test('a device of an unknown product, or one that is there, is refused', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      await expect(store.addDevice({ product: 'valve', sn: '1', windowEnds: 0 })).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
      await expect(store.addDevice({ product: 'pump', sn: 'A:1', windowEnds: 0 })).rejects.toMatchObject({
        code: 'EXISTS',
      });
    });

    test('activation gives the device its key once', async () => {
      await using opened = await open();
      const { now, device } = await withDevice(opened);
      const { store } = opened;
      const activate = (sn: string, digit: string) =>
        store.activate({ product: 'pump', sn, cik: cik(digit), now });
      expect(await activate('B:2', '1')).toBe('unknown');
      const outcomes = await Promise.all(['2', '3', '4'].map((digit) => activate('A:1', digit)));
      expect(outcomes).toEqual(['activated', 'conflict', 'conflict']);
      expect(await store.deviceByCik(cik('2'))).toMatchObject({ rid: device.rid, status: 'activated' });
      expect(await store.deviceByCik(cik('3'))).toBeUndefined();
      await opened.reopen();
      expect(await opened.store.deviceByCik(cik('2'))).toMatchObject({ sn: 'A:1' });
    });

    test('a device that is enabled again loses its key and may activate once more', async () => {
      await using opened = await open();
      const { now } = await withDevice(opened);
      const { store } = opened;
      const activate = (digit: string) =>
        store.activate({ product: 'pump', sn: 'A:1', cik: cik(digit), now });
      await activate('1');
      const enabled = await store.enableDevice({ product: 'pump', sn: 'A:1', windowEnds: now + 60 });
      expect(enabled).toMatchObject({ sn: 'A:1', status: 'notactivated' });
      expect(await store.deviceByCik(cik('1'))).toBeUndefined();
      expect(await activate('2')).toBe('activated');
      expect(await store.deviceByCik(cik('2'))).toMatchObject({ sn: 'A:1', status: 'activated' });
      await expect(store.enableDevice({ product: 'pump', sn: 'B:2', windowEnds: now })).rejects.toMatchObject(
        {
          code: 'NO_DEVICE',
        },
      );
    });

    test('activation is refused when the window is over', async () => {
      await using opened = await open();
      const { now } = await withDevice(opened);
      await opened.clock.advance(61_000);
      const late = { product: 'pump', sn: 'A:1', cik: cik('1'), now: now + 61 };
      expect(await opened.store.activate(late)).toBe('conflict');
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ status: 'expired' });
    });

    test('the last contact is known at once and kept', async () => {
      await using opened = await open();
      const { device, now } = await withDevice(opened);
      await opened.store.touchDevice(device.rid, now + 7);
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ lastContact: now + 7 });
      await opened.reopen();
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ lastContact: now + 7 });
    });
  });

  describe(`${name}: points`, () => {
    test('points are kept by timestamp and the newest is the one with the greatest', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      await opened.store.storePoints([
        { resourceId, ts: 20, value: 'twenty' },
        { resourceId, ts: 10, value: 'ten' },
        { resourceId: id('count'), ts: 15, value: '15' },
      ]);
      await opened.reopen();
      const { store } = opened;
      const newest = await store.latest([resourceId, id('count'), id('engine_fetch')]);
      expect(newest.get(resourceId)).toEqual({ ts: 20, value: 'twenty' });
      expect(newest.get(id('count'))).toEqual({ ts: 15, value: '15' });
      expect(newest.size).toBe(2);
      expect(await store.latest([])).toEqual(new Map());
    });

    test('a point where one exists replaces it, also within one call', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      const all = { start: 0, end: 100, limit: 10, sort: 'asc' } as const;
      await opened.store.storePoints([{ resourceId, ts: 10, value: 'a' }]);
      await opened.store.storePoints([{ resourceId, ts: 10, value: 'b' }]);
      expect(await opened.store.history(resourceId, all)).toEqual([{ ts: 10, value: 'b' }]);
      await opened.store.storePoints(['c', 'd'].map((value) => ({ resourceId, ts: 10, value })));
      expect(await opened.store.history(resourceId, all)).toEqual([{ ts: 10, value: 'd' }]);
    });

    test('a point that is to be stored where there is none replaces none', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      const offered = ['a', 'b', 'c'].map((value) => ({ resourceId, ts: 10, value }));
      const stored = await Promise.all(offered.map((point) => opened.store.storeWhereFree(point)));
      expect(stored).toEqual([true, false, false]);
      expect(await opened.store.storeWhereFree({ resourceId, ts: 11, value: 'd' })).toBe(true);
      expect(await opened.store.storeWhereFree({ resourceId: id('count'), ts: 10, value: '1' })).toBe(true);
      await opened.reopen();
      const all = { start: 0, end: 100, limit: 10, sort: 'asc' } as const;
      expect(await opened.store.history(resourceId, all)).toEqual([
        { ts: 10, value: 'a' },
        { ts: 11, value: 'd' },
      ]);
    });

    test.each([
      '',
      'a&b=c +%',
      '100%',
      '\u{1F600}',
      '{"a": "b"}',
      '\r\n',
      'nul \0 inside',
      'x'.repeat(100_000),
    ])('the value %j is kept letter for letter', async (value) => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      await opened.store.storePoints([{ resourceId: id('fetch_status'), ts: 1, value }]);
      expect((await opened.store.latest([id('fetch_status')])).get(id('fetch_status'))?.value).toBe(value);
    });

    test('the oldest point after a time is found', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('count');
      await opened.store.storePoints([30, 10, 20].map((ts) => ({ resourceId, ts, value: `${ts}` })));
      const after = async (ts: number) => (await opened.store.oldestAfter(resourceId, ts))?.ts;
      expect([await after(0), await after(10), await after(29), await after(30)]).toEqual([
        10,
        20,
        30,
        undefined,
      ]);
    });

    test('history gives a range, either way round, up to the limit', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('count');
      const points = Array.from({ length: 1200 }, (_, ts) => ({ resourceId, ts, value: `${ts}` }));
      await opened.store.storePoints(points);
      const times = async (start: number, end: number, limit: number, sort: 'asc' | 'desc') =>
        (await opened.store.history(resourceId, { start, end, limit, sort })).map(({ ts }) => ts);
      expect(await times(5, 8, 10, 'asc')).toEqual([5, 6, 7, 8]);
      expect(await times(5, 8, 10, 'desc')).toEqual([8, 7, 6, 5]);
      expect(await times(0, Number.MAX_SAFE_INTEGER, 2, 'desc')).toEqual([1199, 1198]);
      expect(await times(0, 5000, 5000, 'asc')).toHaveLength(1200);
    });

    test('one bad point refuses all of the call, and nothing of the calls beside it', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const good = { resourceId: id('count'), ts: 1, value: '1' };
      const outcomes = await Promise.allSettled([
        opened.store.storePoints([good]),
        opened.store.storePoints([
          { ...good, ts: 2 },
          { resourceId: 999_999, ts: 2, value: 'nowhere' },
        ]),
        opened.store.storePoints([{ ...good, ts: 3 }]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const kept = await opened.store.history(id('count'), { start: 0, end: 9, limit: 9, sort: 'asc' });
      expect(kept.map(({ ts }) => ts)).toEqual([1, 3]);
    });
  });

  describe(`${name}: content`, () => {
    test('content is kept with what was said of it', async () => {
      await using opened = await open();
      await withDevice(opened);
      const made = await upload(opened, 'app.v1.tar.gz', 'bytes');
      expect(made).toMatchObject({ product: 'pump', id: 'app.v1.tar.gz', size: 5, updated: 5, meta: '' });
      await opened.reopen();
      expect(await opened.store.content('pump', 'app.v1.tar.gz')).toEqual(made);
      expect(await opened.store.contents('pump')).toEqual([made]);
      expect(made.contentType).toBe('application/x-gzip; odd=1');
      expect(await readFile(made.blob, 'utf8')).toBe('bytes');
    });

    test('an upload of the same id replaces the content by another file', async () => {
      await using opened = await open();
      await withDevice(opened);
      const first = await upload(opened, 'app', 'one');
      const second = await upload(opened, 'app', 'two');
      expect(second.blob).not.toBe(first.blob);
      expect(await opened.store.contents('pump')).toEqual([second]);
      expect(await readFile(second.blob, 'utf8')).toBe('two');
    });

    test('content of an unknown product is refused', async () => {
      await using opened = await open();
      await expect(upload(opened, 'app', 'one', 'valve')).rejects.toMatchObject({ code: 'NO_PRODUCT' });
    });

    test('deleted content is gone', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { blob } = await upload(opened, 'app', 'one');
      expect(await opened.store.deleteContent('pump', 'app')).toBe(true);
      expect(await opened.store.deleteContent('pump', 'app')).toBe(false);
      expect(await opened.store.content('pump', 'app')).toBeUndefined();
      await expect(readFile(blob)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  describe(`${name}: signed metadata`, () => {
    const none = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
    const keys = (digit: string) => ({ snapshot: digit.repeat(64), timestamp: digit.repeat(64) });
    const file = (role: TrustRole, version: number, text = `${role} ${version}`) => ({
      role,
      version,
      bytes: Buffer.from(text),
    });

    test('a product gets its keys once, whoever asks first', async () => {
      await using opened = await open();
      await withDevice(opened);
      const asked = ['1', '2', '3'].map((digit) => opened.store.onlineKeys('pump', () => keys(digit)));
      const made = { current: keys('1'), next: undefined };
      expect(await Promise.all(asked)).toEqual([made, made, made]);
      await opened.reopen();
      expect(await opened.store.onlineKeys('pump', () => keys('4'))).toEqual(made);
      await expect(opened.store.onlineKeys('valve', () => keys('1'))).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
    });

    test('keys that are to come are kept beside the current ones until files are added with them', async () => {
      await using opened = await open();
      await withDevice(opened);
      const known = () => opened.store.onlineKeys('pump', () => keys('1'));
      await expect(opened.store.offerOnlineKeys('pump', keys('2'))).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
      await known();
      await opened.store.offerOnlineKeys('pump', keys('2'));
      await opened.store.offerOnlineKeys('pump', keys('3'));
      await opened.reopen();
      expect(await known()).toEqual({ current: keys('1'), next: keys('3') });
      await opened.store.addTrustFiles({
        product: 'pump',
        after: none,
        files: [file('root', 1)],
        keys: keys('3'),
      });
      expect(await known()).toEqual({ current: keys('3'), next: undefined });
    });

    test('files are kept byte for byte, each version, and the latest is known', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      expect(await store.trustVersions('pump')).toEqual(none);
      expect(await store.trustFile('pump', 'root')).toBeUndefined();
      expect(await store.trustedProducts()).toEqual([]);
      const first = [file('root', 1, '{"a": 1}\n'), file('timestamp', 1)];
      expect(await store.addTrustFiles({ product: 'pump', after: none, files: first })).toBe(true);
      const after = { ...none, root: 1, timestamp: 1 };
      expect(await store.addTrustFiles({ product: 'pump', after, files: [file('root', 2)] })).toBe(true);
      await opened.reopen();
      expect(await opened.store.trustVersions('pump')).toEqual({ ...after, root: 2 });
      expect(String(await opened.store.trustFile('pump', 'root'))).toBe('root 2');
      expect(String(await opened.store.trustFile('pump', 'root', 1))).toBe('{"a": 1}\n');
      expect(await opened.store.trustFile('pump', 'root', 3)).toBeUndefined();
      expect(await opened.store.trustedProducts()).toEqual(['pump']);
    });

    test('of several additions to the same versions one is made, with its keys', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      await store.onlineKeys('pump', () => keys('0'));
      const made = await Promise.all(
        ['1', '2'].map((digit) =>
          store.addTrustFiles({
            product: 'pump',
            after: none,
            files: [file('root', 1, digit)],
            keys: keys(digit),
          }),
        ),
      );
      expect(made).toEqual([true, false]);
      expect(String(await store.trustFile('pump', 'root'))).toBe('1');
      expect(await store.onlineKeys('pump', () => keys('9'))).toMatchObject({ current: keys('1') });
    });

    test('every root stays, and the latest of the others', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      for (let version = 1; version <= 20; version++) {
        const before = version - 1;
        const after = { ...none, root: before, snapshot: before };
        const files = [file('root', version), file('snapshot', version)];
        expect(await store.addTrustFiles({ product: 'pump', after, files })).toBe(true);
      }
      const kept = async (role: TrustRole) => {
        const found = [];
        for (let version = 1; version <= 20; version++) {
          if (await store.trustFile('pump', role, version)) found.push(version);
        }
        return found;
      };
      expect(await kept('root')).toHaveLength(20);
      expect(await kept('snapshot')).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    });
  });

  describe(`${name}: people and tokens`, () => {
    test('a user is known by the right password alone', async () => {
      await using opened = await open();
      await opened.store.createUser({ name: 'admin', password: 'correct horse' });
      await opened.reopen();
      const { store } = opened;
      expect(await store.users()).toEqual(['admin']);
      expect(await store.checkPassword('admin', 'correct horse')).toBe(true);
      expect(await store.checkPassword('admin', 'wrong horse')).toBe(false);
      expect(await store.checkPassword('nobody', 'correct horse')).toBe(false);
      await expect(store.createUser({ name: 'admin', password: 'x' })).rejects.toMatchObject({
        code: 'EXISTS',
      });
    });

    test('a token is valid until it expires or its session is ended, which only one that expires has', async () => {
      await using opened = await open();
      const now = Math.floor(opened.clock.now() / 1000);
      await opened.store.addToken({ token: 'forever', user: 'admin', expires: undefined });
      await opened.store.addToken({ token: 'short', user: 'admin', expires: now + 10 });
      await opened.reopen();
      const { store } = opened;
      expect(await store.userOfToken('forever', now + 1e9)).toBe('admin');
      expect(await store.userOfToken('short', now + 9)).toBe('admin');
      expect(await store.userOfToken('short', now + 10)).toBeUndefined();
      expect(await store.userOfToken('other', now)).toBeUndefined();
      expect(await store.endSession('short')).toBe(true);
      expect(await store.userOfToken('short', now)).toBeUndefined();
      for (const token of ['short', 'forever', 'other']) expect(await store.endSession(token)).toBe(false);
      expect(await store.userOfToken('forever', now)).toBe('admin');
    });
  });
}
