import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  limitsOfMetadata,
  newKey,
  sha256Of,
  signSnapshot,
  signTargets,
  signTimestamp,
  TrustedMetadata,
  TrustedMetadataError,
} from '../../src/index.ts';
import { day, newSigners, publish, releaseOf, rootOf, start, updateAll } from './repository.ts';

const app = 'sine.v1.tar.gz';

function problemOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(TrustedMetadataError);
    const { role, code } = error as TrustedMetadataError;
    return `${role} ${code}`;
  }
}

function product(now = start) {
  const signers = newSigners();
  const root = rootOf(signers);
  return { signers, root, trusted: new TrustedMetadata(root, { now, sha256: sha256Of(root) }) };
}

describe('a product whose metadata is in order', () => {
  it('tells length, hash and facts of a signed tarball, and nothing of others', () => {
    const { signers, trusted } = product();
    updateAll(trusted, publish(signers, 1, [releaseOf(app, 'one')]));
    expect(trusted.target(app)).toEqual(releaseOf(app, 'one'));
    expect(trusted.target('other.v1.tar.gz')).toBeUndefined();
    expect(trusted.target('__proto__')).toBeUndefined();
    expect(trusted.floor).toEqual({ root: 1, timestamp: 1, snapshot: 1, targets: 1 });
  });

  it('is trusted by a gateway whose clock stands in 1970, and proves the time to it', () => {
    const { signers, trusted } = product(0);
    updateAll(trusted, publish(signers, 1, [releaseOf(app, 'one')], start + day));
    expect(trusted.time).toBe(start + day);
  });

  it('may keep its versions when only the timestamp is signed again', () => {
    const { signers, trusted } = product();
    const first = publish(signers, 1, []);
    updateAll(trusted, first);
    const again = signTimestamp(
      {
        version: 2,
        expires: start + 8 * day,
        signedAt: start + day,
        snapshot: { version: 1, bytes: first.snapshot },
      },
      signers.timestamp,
    );
    updateAll(trusted, { ...first, timestamp: again });
    expect(trusted.floor).toEqual({ root: 1, timestamp: 2, snapshot: 1, targets: 1 });
  });

  it('is told only after the whole chain', () => {
    const { signers, trusted } = product();
    const published = publish(signers, 1, []);
    expect(() => trusted.target(app)).toThrow('comes after');
    expect(() => trusted.updateSnapshot(published.snapshot)).toThrow('comes after');
    updateAll(trusted, published);
    trusted.updateTimestamp(published.timestamp);
    expect(() => trusted.target(app)).toThrow('comes after');
  });
});

describe('arbitrary software', () => {
  it('in targets that another key has signed is refused', () => {
    const { signers, trusted } = product();
    const forged = publish({ ...signers, targets: [newKey()] }, 1, [releaseOf(app, 'evil')]);
    expect(problemOf(() => updateAll(trusted, forged))).toBe('targets SIGNATURE');
  });

  it.each(['timestamp', 'snapshot'] as const)('below a %s that another key has signed is refused', (role) => {
    const { signers, trusted } = product();
    const forged = publish({ ...signers, [role]: [newKey()] }, 1, [releaseOf(app, 'evil')]);
    expect(problemOf(() => updateAll(trusted, forged))).toBe(`${role} SIGNATURE`);
  });

  it('in metadata that was changed after it was signed is refused', () => {
    const { signers, trusted } = product();
    const good = publish(signers, 1, [releaseOf(app, 'one')]);
    const changed = Buffer.from(good.timestamp.toString().replace('"version":1', '"version":9'));
    expect(problemOf(() => trusted.updateTimestamp(changed))).toBe('timestamp SIGNATURE');
  });

  it('below a root that is not the pinned one is refused', () => {
    const { root } = product();
    const other = rootOf(newSigners());
    expect(problemOf(() => new TrustedMetadata(other, { now: start, sha256: sha256Of(root) }))).toBe(
      'root MISMATCH',
    );
  });

  it('is not let in by the key of another role', () => {
    const { signers, trusted } = product();
    const forged = publish({ ...signers, targets: signers.timestamp }, 1, [releaseOf(app, 'evil')]);
    expect(problemOf(() => updateAll(trusted, forged))).toBe('targets SIGNATURE');
  });
});

describe('one key compromised', () => {
  it('does not sign for a role that wants two', () => {
    const signers = { ...newSigners(), targets: [newKey(), newKey(), newKey()] };
    const root = rootOf(signers, 1, { thresholds: { targets: 2 } });
    const [stolen, second] = signers.targets;
    const by = (...targets: typeof signers.targets) =>
      problemOf(() => {
        const forged = publish({ ...signers, targets }, 1, [releaseOf(app, 'evil')]);
        updateAll(new TrustedMetadata(root, { now: start }), forged);
      });
    expect(by(stolen!)).toBe('targets SIGNATURE');
    expect(by(stolen!, newKey())).toBe('targets SIGNATURE');
    expect(by(stolen!, second!)).toBe('none');
  });

  it('a root in which one key counts twice, or more signatures are wanted than there are keys, is refused', () => {
    const signers = newSigners();
    const twice = Buffer.from(
      rootOf(signers)
        .toString()
        .replace(/"keys":\{"([0-9a-f]{64})":(\{.*?\}\})/, '"keys":{"$1":$2,"ff":$2'),
    );
    expect(problemOf(() => new TrustedMetadata(twice, { now: start }))).toBe('root FORMAT');
    expect(problemOf(() => rootOf(signers, 1, { thresholds: { targets: 2 } }))).toBe('root FORMAT');
  });

  it('online keys, both of them, cannot make a tarball trusted', () => {
    const { signers, trusted } = product();
    const thief = { ...newSigners(), snapshot: signers.snapshot, timestamp: signers.timestamp };
    expect(problemOf(() => updateAll(trusted, publish(thief, 7, [releaseOf(app, 'evil')])))).toBe(
      'targets SIGNATURE',
    );
  });

  it('and rotated away is refused, and what it had signed beyond all versions is forgotten', () => {
    const { signers, root } = product();
    const thief = new TrustedMetadata(root, { now: start });
    updateAll(thief, publish(signers, 1_000_000, [releaseOf(app, 'one')]));
    const next = { ...signers, timestamp: [newKey()], snapshot: [newKey()] };
    const trusted = new TrustedMetadata(root, { now: start, floor: thief.floor });
    trusted.updateRoot(rootOf(next, 2));
    expect(problemOf(() => updateAll(trusted, publish(signers, 1_000_001, [])))).toBe('timestamp SIGNATURE');
    updateAll(trusted, publish(next, 2, [releaseOf(app, 'one')]));
    expect(trusted.floor).toEqual({ root: 2, timestamp: 2, snapshot: 2, targets: 2 });
    const later = new TrustedMetadata(root, { now: start, floor: trusted.floor });
    later.updateRoot(rootOf(next, 2));
    expect(problemOf(() => updateAll(later, publish(next, 1, [])))).toBe('timestamp ROLLBACK');
  });
});

describe('rollback', () => {
  const floor = { root: 1, timestamp: 5, snapshot: 5, targets: 5 };

  it('to an older timestamp, snapshot or targets is refused', () => {
    const { signers, root } = product();
    const trusted = new TrustedMetadata(root, { now: start, floor });
    expect(problemOf(() => updateAll(trusted, publish(signers, 4, [])))).toBe('timestamp ROLLBACK');
    const old = publish(signers, 4, []);
    const dressed = signTimestamp(
      { version: 6, expires: start + day, signedAt: start, snapshot: { version: 4, bytes: old.snapshot } },
      signers.timestamp,
    );
    expect(problemOf(() => trusted.updateTimestamp(dressed))).toBe('snapshot ROLLBACK');
    const snapshot = signSnapshot(
      { version: 6, expires: start + day, signedAt: start, targets: { version: 4, bytes: old.targets } },
      signers.snapshot,
    );
    const timestamp = signTimestamp(
      { version: 6, expires: start + day, signedAt: start, snapshot: { version: 6, bytes: snapshot } },
      signers.timestamp,
    );
    expect(problemOf(() => updateAll(trusted, { timestamp, snapshot, targets: old.targets }))).toBe(
      'targets ROLLBACK',
    );
  });

  it('to an older root, by a platform that keeps back the newer ones, is refused', () => {
    const { signers, root } = product();
    const trusted = new TrustedMetadata(root, { now: start, floor: { ...floor, root: 2 } });
    expect(problemOf(() => updateAll(trusted, publish(signers, 9, [])))).toBe('root ROLLBACK');
    trusted.updateRoot(rootOf(signers, 2));
    expect(problemOf(() => updateAll(trusted, publish(signers, 9, [])))).toBe('none');
    expect(problemOf(() => trusted.updateRoot(rootOf(signers, 2)))).toBe('root ROLLBACK');
  });

  it('leaves what is trusted as it was', () => {
    const { signers, trusted } = product();
    updateAll(trusted, publish(signers, 3, [releaseOf(app, 'one')]));
    expect(problemOf(() => updateAll(trusted, publish(signers, 2, [])))).toBe('timestamp ROLLBACK');
    expect(trusted.target(app)?.sha256).toBe(releaseOf(app, 'one').sha256);
  });
});

describe('freeze', () => {
  it.each([
    ['timestamp', 7 * day],
    ['root', 730 * day],
  ] as const)('the %s counts no longer from the second of its expiry', (role, age) => {
    const { signers, root } = product();
    const at = role === 'root' ? start + 729 * day + 80_000 : start;
    const before = new TrustedMetadata(root, { now: start + age - 1 });
    expect(problemOf(() => before.updateTimestamp(publish(signers, 1, [], at).timestamp))).toBe('none');
    const after = new TrustedMetadata(root, { now: start + age });
    expect(problemOf(() => after.updateTimestamp(publish(signers, 1, [], at).timestamp))).toBe(
      `${role} EXPIRED`,
    );
  });

  it('of snapshot or targets below a fresh timestamp is seen, also by a clock in 1970', () => {
    const { signers, root } = product();
    const old = publish(signers, 1, []);
    const fresh = (at: number, bytes: Buffer) =>
      signTimestamp(
        { version: 2, expires: at + day, signedAt: at, snapshot: { version: 1, bytes } },
        signers.timestamp,
      );
    const late = start + 400 * day;
    const trusted = new TrustedMetadata(root, { now: 0 });
    expect(
      problemOf(() => updateAll(trusted, { ...old, timestamp: fresh(start + 8 * day, old.snapshot) })),
    ).toBe('snapshot EXPIRED');
    const snapshot = signSnapshot(
      { version: 1, expires: late + day, signedAt: late, targets: { version: 1, bytes: old.targets } },
      signers.snapshot,
    );
    expect(problemOf(() => updateAll(trusted, { ...old, snapshot, timestamp: fresh(late, snapshot) }))).toBe(
      'targets EXPIRED',
    );
  });

  it('a timestamp cannot prove a time beyond the expiry of the root', () => {
    const { signers, trusted } = product();
    const wild = publish(signers, 1, [], start + 5000 * day);
    expect(problemOf(() => updateAll(trusted, wild))).toBe('root EXPIRED');
    expect(trusted.time).toBe(start);
  });
});

describe('mix and match', () => {
  it('of two good publications is refused', () => {
    const { signers, trusted } = product();
    const one = publish(signers, 1, [releaseOf(app, 'one')]);
    const two = publish(signers, 2, [releaseOf(app, 'two')]);
    expect(problemOf(() => updateAll(trusted, { ...two, snapshot: one.snapshot }))).toBe('snapshot MISMATCH');
    expect(problemOf(() => updateAll(trusted, { ...two, targets: one.targets }))).toBe('targets MISMATCH');
  });

  it('also where hash and length fit and the version does not', () => {
    const { signers, trusted } = product();
    const one = publish(signers, 1, []);
    const timestamp = signTimestamp(
      { version: 2, expires: start + day, signedAt: start, snapshot: { version: 2, bytes: one.snapshot } },
      signers.timestamp,
    );
    expect(problemOf(() => updateAll(trusted, { ...one, timestamp }))).toBe('snapshot MISMATCH');
  });
});

describe('endless data and false lengths', () => {
  it.each(['root', 'timestamp'] as const)('a %s beyond its limit is not even parsed', (role) => {
    const { trusted } = product();
    const endless = Buffer.alloc(limitsOfMetadata[role] + 1, '[');
    const update = role === 'root' ? trusted.updateRoot : trusted.updateTimestamp;
    expect(problemOf(() => update.call(trusted, endless))).toBe(`${role} LENGTH`);
  });

  it('a snapshot or targets with a byte more or less than was signed is refused', () => {
    const { signers, trusted } = product();
    const good = publish(signers, 1, []);
    const more = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(' ')]);
    expect(problemOf(() => updateAll(trusted, { ...good, snapshot: more(good.snapshot) }))).toBe(
      'snapshot LENGTH',
    );
    expect(problemOf(() => updateAll(trusted, { ...good, targets: good.targets.subarray(1) }))).toBe(
      'targets LENGTH',
    );
  });

  it('thousands of releases are read in a moment', () => {
    const { signers, trusted } = product();
    const targets = Array.from({ length: 3000 }, (_, n) => releaseOf(`sine.v${n}.tar.gz`, `${n}`));
    updateAll(trusted, publish(signers, 1, targets));
    expect(trusted.target('sine.v2999.tar.gz')).toEqual(targets[2999]);
  });
});

describe('any damage', () => {
  it('is refused with the one class of error, or leaves what is trusted as it was signed', () => {
    const { signers, root } = product();
    const good = { root, ...publish(signers, 1, [releaseOf(app, 'one')]) };
    const place = fc.record({
      file: fc.constantFrom('root', 'timestamp', 'snapshot', 'targets' as const),
      at: fc.nat(),
      removed: fc.nat(40),
      inserted: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom('0', '}', '"', '[[', '1e9', '-', '\\u0000'),
      ),
    });
    fc.assert(
      fc.property(place, ({ file, at, removed, inserted }) => {
        const before = good[file];
        const from = at % before.length;
        const damaged = Buffer.concat([
          before.subarray(0, from),
          Buffer.from(inserted as Uint8Array),
          before.subarray(from + removed),
        ]);
        const served = { ...good, [file]: damaged };
        const problem = problemOf(() => {
          const trusted = new TrustedMetadata(served.root, { now: 0 });
          updateAll(trusted, served);
          expect(trusted.target(app)).toEqual(releaseOf(app, 'one'));
        });
        if (problem !== 'none') return;
        expect(JSON.parse(damaged.toString()).signed).toEqual(JSON.parse(before.toString()).signed);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('extraneous targets, and false facts of them', () => {
  it('a release that is signed is no permission for another one', () => {
    const { signers, trusted } = product();
    const other = { ...releaseOf('other.v1.tar.gz', 'y'), custom: releaseOf(app, 'one').custom };
    updateAll(trusted, publish(signers, 1, [releaseOf(app, 'one'), other]));
    expect(trusted.target('sine.v10.tar.gz')).toBeUndefined();
    expect(problemOf(() => trusted.target('other.v1.tar.gz'))).toBe('targets FORMAT');
  });

  it.each([
    ['a length beyond all numbers', { length: 2 ** 60 }],
    ['a hash that is none', { sha256: 'a'.repeat(63) }],
  ])('%s is refused', (_name, change) => {
    const { signers, trusted } = product();
    const refused = problemOf(() => {
      updateAll(trusted, publish(signers, 1, [{ ...releaseOf(app, 'one'), ...change }]));
      trusted.target(app);
    });
    expect(refused).toBe('targets FORMAT');
  });
});

describe('root rotation', () => {
  it('goes over three versions in which every key changes, from a gateway that was away', () => {
    const generations = Array.from({ length: 4 }, newSigners);
    const roots = generations.map((signers, index) =>
      rootOf(signers, index + 1, {
        expires: start + (index + 1) * 10 * day,
        signedBy: generations[index - 1]?.root ?? [],
      }),
    );
    const now = start + 35 * day;
    const trusted = new TrustedMetadata(roots[0]!, { now, sha256: sha256Of(roots[0]!) });
    const newest = publish(generations[3]!, 1, [releaseOf(app, 'one')], now);
    expect(problemOf(() => trusted.updateTimestamp(newest.timestamp))).toBe('root EXPIRED');
    for (const root of roots.slice(1)) trusted.updateRoot(root);
    updateAll(trusted, newest);
    expect(trusted.target(app)).toBeDefined();
    for (const gone of generations.slice(0, 3)) {
      expect(problemOf(() => updateAll(trusted, publish(gone, 2, [], now)))).toBe('timestamp SIGNATURE');
    }
  });

  it('is refused without the former keys, without the new ones, and with a version left out', () => {
    const { signers, trusted } = product();
    const next = newSigners();
    expect(problemOf(() => trusted.updateRoot(rootOf(next, 2)))).toBe('root SIGNATURE');
    const unsigned = rootOf({ ...next, root: [] } as typeof next, 2, {
      signedBy: signers.root,
      keys: {
        root: next.root.map((key) => key.tuf),
        targets: next.targets.map((key) => key.tuf),
        snapshot: next.snapshot.map((key) => key.tuf),
        timestamp: next.timestamp.map((key) => key.tuf),
      },
    });
    expect(problemOf(() => trusted.updateRoot(unsigned))).toBe('root SIGNATURE');
    expect(problemOf(() => trusted.updateRoot(rootOf(next, 3, { signedBy: signers.root })))).toBe(
      'root MISMATCH',
    );
    expect(trusted.root.version).toBe(1);
  });
});

describe('metadata of other forms', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', 'null and void'],
    ['no object', 'null'],
    ['another role', 'snapshot'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['deep nesting', `{"signed":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ])('%s is refused', (name, content) => {
    const { signers, trusted } = product();
    const bytes = name === 'another role' ? publish(signers, 1, []).snapshot : Buffer.from(content);
    expect(problemOf(() => trusted.updateTimestamp(bytes))).toBe('timestamp FORMAT');
  });

  it('a target without the facts that are signed here is refused when it is asked for, the others serve', () => {
    const { signers, trusted } = product();
    const good = releaseOf(app, 'one');
    const odd = { ...releaseOf('odd.v1.tar.gz', 'x'), custom: { app: 'odd' } as never };
    updateAll(trusted, publish(signers, 1, [good, odd]));
    expect(trusted.target(app)).toEqual(good);
    expect(problemOf(() => trusted.target('odd.v1.tar.gz'))).toBe('targets FORMAT');
  });

  it('what the root alone vouches for can be read by whoever makes the snapshot', () => {
    const { signers, trusted } = product();
    const head = { version: 3, signedAt: start, expires: start + day };
    const bytes = signTargets({ ...head, targets: [releaseOf(app, 'one')] }, signers.targets);
    expect(trusted.readTargets(bytes)).toEqual({ ...head, targets: [releaseOf(app, 'one')] });
    expect(problemOf(() => trusted.readTargets(signTargets({ ...head, targets: [] }, [newKey()])))).toBe(
      'targets SIGNATURE',
    );
  });
});
