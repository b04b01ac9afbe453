import type { DatabaseSync } from 'node:sqlite';
import type { VersionFloor } from '@gateway-engine/app-package';
import { z } from 'zod';
import { inReservedTransaction } from '../state/reserve.ts';

/** The root of trust of a product, as this gateway has pinned it. */
export interface Pin {
  readonly product: string;
  /** Of the first root.json, hexadecimal. */
  readonly sha256: string;
  /** The first root.json, byte for byte. */
  readonly root: Buffer;
  /** Versions that were trusted already; undefined when none but the root was. */
  readonly floor: VersionFloor | undefined;
  /** Seconds since 1970 that have passed for certain, by metadata that goes back to this root; 0 when nothing is known. */
  readonly provenTime: number;
}

const Floor = z.object({ root: z.int(), timestamp: z.int(), snapshot: z.int(), targets: z.int() });

/**
 * What trust rests upon and must survive a power cut: pins, the versions that were trusted, and the proven time. In the
 * engine's database, so that each is on disk whole or not at all; the metadata files can be fetched again.
 *
 * Invariant: the time that was proven under a root never goes back. What a root proved that somebody has replaced
 * (`setPin`) counts no longer: it may have been a thief's, who would otherwise keep honest metadata expired for ever.
 */
export class TrustRecords {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  pin(product: string): Pin | undefined {
    const row = this.#database.prepare('SELECT * FROM trust_pin WHERE product = ?').get(product);
    if (!row) return undefined;
    const { sha256, root, floor, proven_time: provenTime } = row;
    return {
      product,
      sha256: String(sha256),
      root: Buffer.from(root as Uint8Array),
      floor: floor === null ? undefined : Floor.parse(JSON.parse(String(floor))),
      provenTime: Number(provenTime),
    };
  }

  /** Pins a root; what was trusted by another one before counts no longer. */
  setPin({ product, sha256, root }: Omit<Pin, 'floor' | 'provenTime'>): void {
    const sql = 'INSERT OR REPLACE INTO trust_pin (product, sha256, root, floor) VALUES (?, ?, ?, NULL)';
    inReservedTransaction(this.#database, () => this.#database.prepare(sql).run(product, sha256, root));
  }

  /**
   * Keeps what a refresh has shown, also one that ended in a refusal. What is known already and is later stays: another
   * process may have been at it meanwhile. Nothing is kept for a root that is not the pinned one any more.
   */
  keep({ product, sha256 }: Pick<Pin, 'product' | 'sha256'>, floor: VersionFloor, provenTime: number): void {
    const before = this.pin(product);
    if (before?.sha256 !== sha256) return;
    if (isSame(before.floor, floor) && provenTime <= before.provenTime) return;
    inReservedTransaction(this.#database, () => {
      const latest = laterFloor(this.pin(product)?.floor, floor);
      this.#database
        .prepare(
          'UPDATE trust_pin SET floor = ?, proven_time = max(proven_time, ?) WHERE product = ? AND sha256 = ?',
        )
        .run(JSON.stringify(latest), provenTime, product, sha256);
    });
  }
}

/** A later root may have let the other versions count anew; under the same one they only grow. */
function laterFloor(one: VersionFloor | undefined, other: VersionFloor): VersionFloor {
  if (!one || one.root < other.root) return other;
  if (one.root > other.root) return one;
  return {
    root: one.root,
    timestamp: Math.max(one.timestamp, other.timestamp),
    snapshot: Math.max(one.snapshot, other.snapshot),
    targets: Math.max(one.targets, other.targets),
  };
}

function isSame(one: VersionFloor | undefined, other: VersionFloor): boolean {
  return (
    one?.root === other.root &&
    one.timestamp === other.timestamp &&
    one.snapshot === other.snapshot &&
    one.targets === other.targets
  );
}
