import { wholeSeconds } from '@gateway-engine/host';
import {
  acceptPoints,
  acceptWhereFree,
  type OfferedPoint,
  UnfitValueError,
} from '../device-api/accept-points.ts';
import type { Device, NewPoint, Resource } from '../store/port.ts';
import { AdminError } from './errors.ts';
import type { Value } from './schemas.ts';
import type { AdminParts } from './server.ts';

/** So many times a write waits for the next second: once for an earlier point, once more for a rival of that second. */
const mostWaits = 2;
/** So many writes to one resource may wait for their second. */
const mostWaiting = 20;

/**
 * Writes an operator's values, by the same road as a device's own: converted to the resource's format, stored, and told
 * to whoever waits for them.
 *
 * A resource has one point for each second, and a later one replaces it (spec section 3.1): two instructions within a
 * second would be one, and a device that is between two long polls would never see the first. So, as clients do that
 * need both, a write waits while its second has a point already, of the operator or of the device. Invariants:
 *
 * - writes to one resource are stored one after the other, in the order they came, each in a second of its own;
 * - such a write does not replace a point, except that of a device which writes in every second: it has waited long
 *   enough after `mostWaits`.
 *
 * A device's own writes keep the rule of the protocol: one that comes later in the same second replaces.
 */
export class ValueWriter {
  readonly #parts: Pick<AdminParts, 'store' | 'points' | 'clock'>;
  readonly #turns = new Map<number, { waiting: number; last: Promise<unknown> }>();

  constructor(parts: Pick<AdminParts, 'store' | 'points' | 'clock'>) {
    this.#parts = parts;
  }

  /** Answers with the value as stored. Throws AdminError `BAD_VALUE` or `SLOW_DOWN`; nothing was written then. */
  async write(device: Device, resource: Resource, value: string): Promise<Value> {
    const turns = this.#turns.get(resource.id) ?? { waiting: 0, last: Promise.resolve() };
    if (turns.waiting >= mostWaiting) {
      const message = `${turns.waiting} writes to ${resource.alias} wait for a second of their own; write more slowly`;
      throw new AdminError(429, 'SLOW_DOWN', `${message} (nothing was written)`);
    }
    this.#turns.set(resource.id, turns);
    turns.waiting++;
    const written = turns.last.then(() => this.#writeInFreeSecond(device, resource, value));
    // The next one waits for the end of this one, however it ends.
    turns.last = written.catch(() => undefined);
    try {
      return await written;
    } finally {
      turns.waiting--;
      if (turns.waiting === 0) this.#turns.delete(resource.id);
    }
  }

  async #writeInFreeSecond(device: Device, resource: Resource, value: string): Promise<Value> {
    const { clock } = this.#parts;
    const offer = (): OfferedPoint => ({ alias: resource.alias, ts: wholeSeconds(clock), value });
    try {
      for (let waits = 0; waits < mostWaits; waits++) {
        const stored = await acceptWhereFree(this.#parts, device, offer());
        if (stored !== 'taken') return asValue(stored, resource);
        await clock.sleep(1000 - (clock.now() % 1000));
      }
      const [stored] = await acceptPoints(this.#parts, device, [offer()]);
      return asValue(stored, resource);
    } catch (cause) {
      if (!(cause instanceof UnfitValueError)) throw cause;
      throw new AdminError(400, 'BAD_VALUE', `${cause.message}; nothing was written`, { cause });
    }
  }
}

function asValue(stored: NewPoint | undefined, resource: Resource): Value {
  if (stored) return { value: stored.value, ts: stored.ts };
  // A device may clear a number whose format it does not know and is not told; a person is.
  const message = `the value for ${resource.alias} is empty, but its format ${resource.format} needs a number; nothing was written`;
  throw new AdminError(400, 'BAD_VALUE', message);
}
