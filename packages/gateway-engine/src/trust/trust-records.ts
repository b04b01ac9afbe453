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
}

const Floor = z.object({ root: z.int(), timestamp: z.int(), snapshot: z.int(), targets: z.int() });

/**
 * What trust rests upon and must survive a power cut: pins, the versions that were trusted, and the proven time. In the
 * engine's database, so that each is on disk whole or not at all; the metadata files can be fetched again.
 *
 * Invariant: the proven time never goes back.
 */
export class TrustRecords {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  pin(product: string): Pin | undefined {
    const row = this.#database.prepare('SELECT * FROM trust_pin WHERE product = ?').get(product);
    if (!row) return undefined;
    const { sha256, root, floor } = row;
    return {
      product,
      sha256: String(sha256),
      root: Buffer.from(root as Uint8Array),
      floor: floor === null ? undefined : Floor.parse(JSON.parse(String(floor))),
    };
  }

  /** Pins a root; what was trusted by another one before counts no longer. */
  setPin({ product, sha256, root }: Omit<Pin, 'floor'>): void {
    const sql = 'INSERT OR REPLACE INTO trust_pin (product, sha256, root, floor) VALUES (?, ?, ?, NULL)';
    inReservedTransaction(this.#database, () => this.#database.prepare(sql).run(product, sha256, root));
  }

  /** Seconds since 1970 that have passed for certain; 0 when nothing is known. */
  get provenTime(): number {
    const row = this.#database.prepare('SELECT seconds FROM proven_time').get();
    return Number(row?.seconds ?? 0);
  }

  /**
   * Keeps what a refresh has shown, also one that ended in a refusal. What is known already and is later stays: another
   * process may have been at it meanwhile.
   */
  keep(product: string, floor: VersionFloor, provenTime: number): void {
    if (isSame(this.pin(product)?.floor, floor) && provenTime <= this.provenTime) return;
    inReservedTransaction(this.#database, () => {
      const latest = laterFloor(this.pin(product)?.floor, floor);
      this.#database
        .prepare('UPDATE trust_pin SET floor = ? WHERE product = ?')
        .run(JSON.stringify(latest), product);
      this.#database
        .prepare(
          'INSERT INTO proven_time (id, seconds) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET seconds = max(seconds, excluded.seconds)',
        )
        .run(provenTime);
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
