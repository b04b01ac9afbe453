import { statfsSync } from 'node:fs';
import type { Clock } from '@gateway-engine/host';

export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** The file system that a folder is on, as an ordinary user may fill it. */
export function diskSpaceOf(folder: string): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

const ownNeed = 8 * 1024 * 1024;
const ownShare = 0.2;
const trustedBytes = 256 * 1024;
const trustedMs = 1000;

/**
 * Keeps the queue from filling its disk to the last block. SQLite needs space even to remove rows (log first, then
 * checkpoint): a queue that has filled its disk could never be emptied again. And others need the disk, too.
 */
export class DiskFloor {
  readonly #measure: () => DiskSpace;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #leave: () => number;
  #room = 0;
  #measured = Number.NEGATIVE_INFINITY;
  #takenSince = 0;

  /** `leave`: bytes that are to stay free, beside the few that the queue needs itself. */
  constructor(
    measure: () => DiskSpace,
    clock: Pick<Clock, 'monotonic'>,
    leave: () => number | undefined = () => undefined,
  ) {
    this.#measure = measure;
    this.#clock = clock;
    this.#leave = () => leave() ?? 0;
  }

  /** Takes so many bytes, and returns 0; or takes none, and returns by how many they are too many. */
  take(bytes: number): number {
    const now = this.#clock.monotonic();
    const wanted = this.#takenSince + bytes;
    // Asking the file system for every request would cost as much as storing it.
    if (wanted > trustedBytes || wanted > this.#room || now - this.#measured > trustedMs) {
      const { free, total } = this.#measure();
      this.#room = free - Math.max(Math.min(ownNeed, total * ownShare), this.#leave());
      this.#measured = now;
      this.#takenSince = 0;
    }
    const short = this.#takenSince + bytes - this.#room;
    if (short > 0) return short;
    this.#takenSince += bytes;
    return 0;
  }
}
