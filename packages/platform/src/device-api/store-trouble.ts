import { describeError } from '@gateway-engine/host';
import { StoreError } from '../store/port.ts';
import type { DeviceApiParts } from './call.ts';

const quietMs = 60_000;

/** A disk without room, which every device runs into: told in the log once a minute, and not for every request. */
export class StoreTrouble {
  readonly #parts: Pick<DeviceApiParts, 'clock' | 'logger'>;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Pick<DeviceApiParts, 'clock' | 'logger'>) {
    this.#parts = parts;
  }

  /** Whether a request failed for that reason: devices are to try again later (503). */
  isFullDisk(error: unknown): boolean {
    if (!(error instanceof StoreError && error.code === 'FULL')) return false;
    const now = this.#parts.clock.monotonic();
    if (now - this.#saidAt >= quietMs) {
      this.#saidAt = now;
      this.#parts.logger.error(`devices are answered 503, free some space: ${describeError(error)}`);
    }
    return true;
  }
}
