import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newKey, TrustedMetadata, TrustedMetadataError, type VersionFloor } from '../../src/index.ts';
import { newSigners, type Published, publish, releaseOf, rootOf, start, updateAll } from './repository.ts';

/** Which keys are changed before a publication. */
interface Step {
  readonly root: boolean;
  readonly targets: boolean;
  readonly online: boolean;
}

/** How often keys were changed, as a root has it. */
interface Generations {
  readonly targets: number;
  readonly online: number;
}

interface History {
  readonly roots: readonly { readonly bytes: Buffer; readonly generations: Generations }[];
  readonly publications: readonly { readonly files: Published; readonly generations: Generations }[];
}

/** What somebody serves who has everything that was ever published: each file from any time. */
interface Served {
  readonly roots: number;
  readonly timestamp: number;
  readonly snapshot: number;
  readonly targets: number;
}

const nameOf = (version: number) => `sine.v${version}.tar.gz`;

function historyOf(steps: readonly Step[]): History {
  let signers = newSigners();
  let generations = { targets: 0, online: 0 };
  const roots = [{ bytes: rootOf(signers), generations }];
  const publications = [{ files: publish(signers, 1, [releaseOf(nameOf(1), 'x')]), generations }];
  for (const { root, targets, online } of steps) {
    if (root || targets || online) {
      const before = signers.root;
      signers = {
        root: root ? [newKey()] : signers.root,
        targets: targets ? [newKey()] : signers.targets,
        snapshot: online ? [newKey()] : signers.snapshot,
        timestamp: online ? [newKey()] : signers.timestamp,
      };
      generations = {
        targets: generations.targets + (targets ? 1 : 0),
        online: generations.online + (online ? 1 : 0),
      };
      roots.push({
        bytes: rootOf(signers, roots.length + 1, { signedBy: root ? before : [] }),
        generations,
      });
    }
    const version = publications.length + 1;
    publications.push({ files: publish(signers, version, [releaseOf(nameOf(version), 'x')]), generations });
  }
  return { roots, publications };
}

/** What a gateway must make of it, by the rules in words: the floor that it keeps, and whether it trusts. */
function expected({ roots, publications }: History, floor: VersionFloor, served: Served) {
  let { root, timestamp, snapshot, targets } = floor;
  for (let version = root + 1; version <= served.roots; version++) {
    if (roots[version - 1]?.generations.online !== roots[version - 2]?.generations.online) {
      timestamp = snapshot = targets = 0;
    }
    root = version;
  }
  const end = (trusts: boolean) => ({ trusts, floor: { root, timestamp, snapshot, targets } });
  const version = served.timestamp + 1;
  const publication = publications[served.timestamp]?.generations;
  const inForce = roots[served.roots - 1]?.generations;
  if (served.roots < root || publication?.online !== inForce?.online) return end(false);
  if (version < timestamp || version < snapshot) return end(false);
  timestamp = snapshot = version;
  if (served.snapshot !== served.timestamp || version < targets) return end(false);
  if (served.targets !== served.timestamp || publication?.targets !== inForce?.targets) return end(false);
  targets = version;
  return end(true);
}

/** What a gateway makes of it. */
function observed(history: History, floor: VersionFloor | undefined, served: Served) {
  const [first, ...next] = history.roots.slice(0, served.roots).map(({ bytes }) => bytes);
  const trusted = new TrustedMetadata(first ?? Buffer.alloc(0), { now: start, floor });
  for (const root of next) trusted.updateRoot(root);
  const files = (at: number) => history.publications[at]?.files;
  try {
    updateAll(trusted, {
      timestamp: files(served.timestamp)?.timestamp ?? Buffer.alloc(0),
      snapshot: files(served.snapshot)?.snapshot ?? Buffer.alloc(0),
      targets: files(served.targets)?.targets ?? Buffer.alloc(0),
    });
    expect(trusted.target(nameOf(served.targets + 1))).toBeDefined();
    return { trusts: true, floor: trusted.floor };
  } catch (error) {
    expect(error).toBeInstanceOf(TrustedMetadataError);
    return { trusts: false, floor: trusted.floor };
  }
}

describe('a gateway that is served any mixture of what was ever published', () => {
  // Mostly whole publications, since few mixtures of four get far.
  const whole = fc.record({ roots: fc.nat(9), at: fc.nat(9) }).map(({ roots, at }) => ({
    roots,
    timestamp: at,
    snapshot: at,
    targets: at,
  }));
  const mixed = fc.record({
    roots: fc.nat(9),
    timestamp: fc.nat(9),
    snapshot: fc.nat(9),
    targets: fc.nat(9),
  });
  const rarely = fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0);

  it('trusts exactly what is one publication, by the keys in force, and no older than what it has seen', () => {
    let trusted = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ root: rarely, targets: rarely, online: rarely }), { maxLength: 5 }),
        fc.array(fc.oneof({ weight: 4, arbitrary: whole }, mixed), { minLength: 1, maxLength: 12 }),
        (steps, attempts) => {
          const history = historyOf(steps);
          const { roots, publications } = history;
          let floor: VersionFloor | undefined;
          for (const attempt of attempts) {
            const served = {
              roots: (attempt.roots % roots.length) + 1,
              timestamp: attempt.timestamp % publications.length,
              snapshot: attempt.snapshot % publications.length,
              targets: attempt.targets % publications.length,
            };
            const known = floor ?? { root: 1, timestamp: 0, snapshot: 0, targets: 0 };
            const outcome = observed(history, floor, served);
            expect(outcome).toEqual(expected(history, known, served));
            floor = outcome.floor;
            if (outcome.trusts) trusted++;
          }
          const newest = publications.length - 1;
          const honest = { roots: roots.length, timestamp: newest, snapshot: newest, targets: newest };
          expect(observed(history, floor, honest).trusts).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect(trusted).toBeGreaterThan(50);
  });
});
