import { statfsSync } from 'node:fs';
import type { Clock } from '@gateway-engine/host';

/** The queue takes nothing more, so that the disk keeps some space. The caller waits; nothing is lost. */
export class DiskFloorError extends Error {
  readonly code = 'DISK_FLOOR';
}

export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** The file system that a folder is on, as an ordinary user may fill it. */
export function diskSpaceOf(folder: string): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

const mostKept = 8 * 1024 * 1024;
const shareKept = 0.2;
const trustedBytes = 256 * 1024;
const trustedMs = 1000;

/**
 * Keeps the queue from filling its disk to the last block. SQLite needs space even to remove rows (log first, then
 * checkpoint): a queue that has filled its disk could never be emptied again.
 */
export class DiskFloor {
  readonly #measure: () => DiskSpace;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #room = 0;
  #measured = Number.NEGATIVE_INFINITY;
  #takenSince = 0;

  constructor(measure: () => DiskSpace, clock: Pick<Clock, 'monotonic'>) {
    this.#measure = measure;
    this.#clock = clock;
  }

  /** Throws DiskFloorError when so many bytes more would leave less than the floor. */
  take(bytes: number): void {
    const now = this.#clock.monotonic();
    // Asking the file system for every request would cost as much as storing it.
    if (this.#takenSince + bytes > trustedBytes || now - this.#measured > trustedMs) {
      const { free, total } = this.#measure();
      this.#room = free - Math.min(mostKept, total * shareKept);
      this.#measured = now;
      this.#takenSince = 0;
    }
    if (this.#takenSince + bytes > this.#room) {
      throw new DiskFloorError('the disk is nearly full; what is left is needed to empty the queue');
    }
    this.#takenSince += bytes;
  }
}
