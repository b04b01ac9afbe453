import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  newKey,
  type SignedTarget,
  type SigningKey,
  sha256Of,
  signRoot,
  signSnapshot,
  signTargets,
  signTimestamp,
} from '@gateway-engine/app-package';
import { silentLogger } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { MetadataFiles } from '../../src/trust/metadata-files.ts';
import type { MetadataSource } from '../../src/trust/metadata-source.ts';
import { ownMetadata, refreshMetadata } from '../../src/trust/refresh.ts';
import { TrustRecords } from '../../src/trust/trust-records.ts';

const start = Date.UTC(2026, 0, 1) / 1000;
const expires = start + 86_400;
const one = 'app.v1.tar.gz';
const two = 'app.v2.tar.gz';
const never = new AbortController().signal;

/** What a platform serves, in memory. */
class Repository implements MetadataSource {
  readonly served = new Map<string, Buffer>();
  /** How many files are given before the line is cut. */
  patience = Number.POSITIVE_INFINITY;
  #root: SigningKey = newKey();
  readonly #targets: SigningKey = newKey();
  readonly #online = { snapshot: newKey(), timestamp: newKey() };

  putRoot(version: number): Buffer {
    const before = this.#root;
    this.#root = newKey();
    const keys = {
      root: [this.#root.tuf],
      targets: [this.#targets.tuf],
      snapshot: [this.#online.snapshot.tuf],
      timestamp: [this.#online.timestamp.tuf],
    };
    const bytes = signRoot({ version, signedAt: start, expires, keys }, [before, this.#root]);
    this.served.set(`${version}.root.json`, bytes);
    return bytes;
  }

  publish(version: number, ...tarballs: readonly string[]): void {
    this.publishAt(start + version, version, ...tarballs);
  }

  publishAt(signedAt: number, version: number, ...tarballs: readonly string[]): void {
    const head = { version, signedAt, expires: signedAt + 86_400 };
    const targets = signTargets({ ...head, targets: tarballs.map(target) }, [this.#targets]);
    const snapshot = signSnapshot({ ...head, targets: { version, bytes: targets } }, [this.#online.snapshot]);
    const listed = { version, bytes: snapshot };
    this.served.set(`${version}.targets.json`, targets);
    this.served.set(`${version}.snapshot.json`, snapshot);
    this.served.set('timestamp.json', signTimestamp({ ...head, snapshot: listed }, [this.#online.timestamp]));
  }

  async get(file: string): Promise<Buffer | undefined> {
    if (this.patience-- <= 0) throw new Error('cut');
    return this.served.get(file);
  }
}

function target(path: string): SignedTarget {
  const sha256 = sha256Of(Buffer.from(path));
  const { length } = path;
  const [app = '', version = ''] = path.replace('.tar.gz', '').split('.v');
  const custom = { app, version, release: 1, tar: { length, sha256 }, unpacked: length };
  return { path, length, sha256, custom };
}

/** Files on a disk whose power fails after so many writes. */
class FailingFiles extends MetadataFiles {
  writes = Number.POSITIVE_INFINITY;

  override async write(file: string, bytes: Uint8Array): Promise<void> {
    if (this.writes-- <= 0) throw new Error('cut');
    await super.write(file, bytes);
  }
}

async function gateway() {
  const folder = await temporaryFolder();
  const layout = homeLayout(folder.path);
  const database = await openEngineDatabase(layout);
  const files = new FailingFiles(layout.tuf);
  const records = new TrustRecords(database);
  const source = new Repository();
  const root = source.putRoot(1);
  records.setPin({ product: 'pump', sha256: sha256Of(root), root });
  const parts = { records, files, logger: silentLogger };
  const pin = () => records.pin('pump')!;
  return {
    tuf: layout.tuf,
    pin,
    records,
    files,
    source,
    refresh: (now = start) => refreshMetadata(parts, pin(), source, now, never),
    own: () => ownMetadata(parts, pin()),
    [Symbol.asyncDispose]: async () => {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('whatever happens to the files here, the next refresh trusts what it trusted before', async () => {
  await using it = await gateway();
  it.source.putRoot(2);
  it.source.putRoot(3);
  it.source.publish(1, one);
  await it.refresh();
  const whole = new Map<string, Buffer>();
  for (const name of await readdir(it.tuf)) whole.set(name, await readFile(join(it.tuf, name)));
  expect([...whole.keys()].sort()).toEqual([
    '1.snapshot.json',
    '1.targets.json',
    '2.root.json',
    '3.root.json',
    'timestamp.json',
  ]);
  const damage = fc.record({
    name: fc.constantFrom(...whole.keys(), 'left-over.tmp', '9.targets.json'),
    /** Bytes that are kept, and what comes after them. */
    keep: fc.nat({ max: 1500 }),
    rest: fc.oneof(
      fc.constant(Buffer.alloc(0)),
      fc.constant(Buffer.alloc(100)),
      fc.uint8Array({ maxLength: 50 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { maxLength: 5 }), async (damages) => {
      await mkdir(it.tuf, { recursive: true });
      for (const { name, keep, rest } of damages) {
        const before = whole.get(name) ?? Buffer.alloc(0);
        await writeFile(join(it.tuf, name), Buffer.concat([before.subarray(0, keep), rest]));
      }
      const trusted = await it.refresh();
      expect(trusted.root.version).toBe(3);
      expect(trusted.target(one)?.sha256).toBe(sha256Of(Buffer.from(one)));
      for (const [name, bytes] of whole) expect(await readFile(join(it.tuf, name))).toEqual(bytes);
      expect((await readdir(it.tuf)).length).toBe(whole.size);
      expect((await it.own()).target(one)).toBeDefined();
    }),
    { numRuns: 40 },
  );
});

test('a refresh that is cut off anywhere leaves a whole set here, and the next one finishes the work', async () => {
  for (const kind of ['line', 'disk'] as const) {
    for (let cutAfter = 0; ; cutAfter++) {
      await using it = await gateway();
      it.source.publish(1, one);
      await it.refresh();
      it.source.putRoot(2);
      it.source.publish(2, one, two);
      if (kind === 'line') it.source.patience = cutAfter;
      else it.files.writes = cutAfter;
      const isCut = await it.refresh().then(
        () => false,
        (error: Error) => error.message === 'cut',
      );
      if (!isCut) {
        expect(cutAfter).toBeGreaterThan(3);
        break;
      }
      it.source.patience = Number.POSITIVE_INFINITY;
      it.files.writes = Number.POSITIVE_INFINITY;
      if (await hasRootOfRecords(it)) expect((await it.own()).target(one)).toBeDefined();
      expect((await it.refresh()).target(two)).toBeDefined();
      expect((await it.own()).target(two)).toBeDefined();
      expect(it.pin().provenTime).toBe(start + 2);
    }
  }
});

/** A root that was trusted just before its write was cut off has to be fetched again first. */
async function hasRootOfRecords(it: Awaited<ReturnType<typeof gateway>>): Promise<boolean> {
  const { floor } = it.pin();
  return floor === undefined || floor.root < 2 || (await it.files.read('2.root.json')) !== undefined;
}

test('roots are followed to the newest, and one that is kept back later is missed', async () => {
  await using it = await gateway();
  for (let version = 2; version <= 40; version++) it.source.putRoot(version);
  it.source.publish(1, one);
  expect((await it.refresh()).root.version).toBe(40);
  it.source.served.delete('40.root.json');
  for (const name of await readdir(it.tuf)) await writeFile(join(it.tuf, name), '');
  // The platform keeps the newest root back from a gateway that has lost its files.
  await expect(it.refresh()).rejects.toMatchObject({ code: 'ROLLBACK', role: 'root' });
});

test('the proven time never goes back, whatever is kept in which order', async () => {
  await using it = await gateway();
  const floor = { root: 1, timestamp: 1, snapshot: 1, targets: 1 };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 2 ** 31 }), { maxLength: 10 }), async (times) => {
      for (const [index, time] of times.entries()) {
        const before = it.pin().provenTime;
        it.records.keep(it.pin(), { ...floor, timestamp: index }, time);
        expect(it.pin().provenTime).toBe(Math.max(before, time));
      }
    }),
    { numRuns: 20 },
  );
});

test('of two processes that refresh at once, the later versions stay, whoever writes last', async () => {
  await using it = await gateway();
  const keep = (root: number, timestamp: number, targets = timestamp) => {
    it.records.keep(it.pin(), { root, timestamp, snapshot: timestamp, targets }, 0);
    return it.pin().floor;
  };
  expect(keep(1, 5)).toMatchObject({ root: 1, timestamp: 5, targets: 5 });
  expect(keep(1, 4, 6)).toMatchObject({ root: 1, timestamp: 5, targets: 6 });
  // New keys of the platform: its versions count anew.
  expect(keep(2, 1)).toMatchObject({ root: 2, timestamp: 1, targets: 1 });
  expect(keep(1, 7)).toMatchObject({ root: 2, timestamp: 1, targets: 1 });
});

test('a file that another process is writing is left alone, and what an earlier one left is removed', async () => {
  await using it = await gateway();
  it.source.publish(1, one);
  await mkdir(it.tuf, { recursive: true });
  await writeFile(join(it.tuf, '.timestamp.json.1.now'), 'half');
  await writeFile(join(it.tuf, '.timestamp.json.1.old'), 'half');
  await utimes(join(it.tuf, '.timestamp.json.1.old'), 1, 1);
  await it.refresh();
  expect((await readdir(it.tuf)).sort()).toEqual([
    '.timestamp.json.1.now',
    '1.snapshot.json',
    '1.targets.json',
    'timestamp.json',
  ]);
});

test('what has expired by a time that was proven is refused by a clock in 1970, too', async () => {
  await using it = await gateway();
  it.source.publishAt(start + 80_000, 1, one);
  await it.refresh(0);
  it.source.publishAt(start - 10_000, 2, one);
  await expect(it.refresh(0)).rejects.toMatchObject({ code: 'EXPIRED', role: 'timestamp' });
  expect(it.pin().provenTime).toBe(start + 80_000);
});

test('whatever a source gives is trusted or refused for a named reason, and what was trusted before stays', async () => {
  await using it = await gateway();
  it.source.putRoot(2);
  it.source.publish(1, one);
  await it.refresh();
  it.source.publish(2, one, two);
  const honest = new Map(it.source.served);
  const lie = fc.record({
    file: fc.constantFrom('3.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json'),
    /** Which file's bytes it is made of, from where on others stand in them, and which. */
    of: fc.constantFrom(...honest.keys()),
    at: fc.nat({ max: 1500 }),
    bytes: fc.uint8Array({ maxLength: 40 }),
  });
  const expected = ['ROLLBACK', 'EXPIRED', 'SIGNATURE', 'LENGTH', 'FORMAT', 'MISMATCH', 'TRUST'];
  await fc.assert(
    fc.asyncProperty(fc.array(lie, { minLength: 1, maxLength: 3 }), async (lies) => {
      it.source.served.clear();
      for (const [file, bytes] of honest) it.source.served.set(file, bytes);
      for (const { file, of, at, bytes } of lies) {
        const changed = Buffer.from(honest.get(of) ?? '');
        changed.set(bytes.subarray(0, Math.max(0, changed.length - at)), Math.min(at, changed.length));
        it.source.served.set(file, changed);
      }
      const before = it.pin().floor;
      const outcome = await it.refresh().then(
        (trusted) => trusted.target(two)?.sha256,
        (error: { code?: string }) => error.code,
      );
      expect([sha256Of(Buffer.from(two)), ...expected]).toContain(outcome);
      const after = it.pin().floor;
      for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
        expect(after?.[role]).toBeGreaterThanOrEqual(before?.[role] ?? 0);
      }
      // Of what it has, it still judges the release that it knew.
      expect((await it.own()).target(one)?.sha256).toBe(sha256Of(Buffer.from(one)));
    }),
    { numRuns: 100 },
  );
});
