import type { Priority } from '../settings/priorities.ts';
import { type Bounds, excess, QueueFullError } from './bounds.ts';
import type { Ledger } from './ledger.ts';
import type { Victim, Victims } from './victims.ts';

/** How much larger than what is counted the file may be: a page of it is seldom full, and large values leave gaps. */
const fileShare = 1.25;
/** A point may take up to so many times what it counts. */
const largestGap = 2.2;

/** What a commit is to add, once for each identity. */
export type Request = ReadonlyMap<number, { readonly bytes: number; readonly priority: Priority }>;

export interface RoomParts {
  readonly bounds: Bounds;
  readonly ledger: Ledger;
  readonly victims: Victims;
  /** Bytes that points take in the file. */
  readonly fileBytes: () => number;
}

/** Whether there is room for a request, however low its points: none has to be looked at, and nothing has to go. */
export function hasPlentyOfRoom(request: Request, { bounds, ledger, fileBytes }: RoomParts): boolean {
  const { maxBytes, identityBytes } = bounds;
  const fits = (bound: number, used: number, bytes: number) =>
    excess(bound, used, { bytes, priority: 0 }, 'reject') <= 0;
  let total = 0;
  for (const [identity, { bytes }] of request) {
    if (identityBytes !== undefined && !fits(identityBytes, ledger.of(identity).bytes, bytes)) return false;
    total += bytes;
  }
  if (!fits(maxBytes, ledger.bytes, total)) return false;
  return !couldBeLarger(ledger.bytes + total, maxBytes) || fileBytes() + total <= maxBytes * fileShare;
}

/**
 * Decides whether a request has room within the bounds, and what has to go for it: which points, or why it cannot be
 * taken. Reads the queue, changes nothing.
 */
export function findRoom(
  request: Request,
  /** Bytes that the disk lacks. */
  diskShort: number,
  { bounds, ledger, victims, fileBytes }: RoomParts,
): Victim[] | QueueFullError {
  const { maxBytes, identityBytes, whenFull } = bounds;
  let total = 0;
  let highest: Priority = 0;
  for (const { bytes, priority } of request.values()) {
    total += bytes;
    if (priority > highest) highest = priority;
  }
  const leaving: Victim[] = [];
  const spared = new Set<number>();
  const make = (identities: Iterable<number>, priority: Priority, bytes: number): boolean => {
    if (bytes <= 0) return true;
    const found = whenFull === 'drop-oldest' && victims.find(identities, priority, bytes, spared);
    if (!found) return false;
    for (const victim of found) {
      leaving.push(victim);
      spared.add(victim.id);
    }
    return true;
  };
  for (const [identity, { bytes, priority }] of request) {
    if (identityBytes === undefined) continue;
    const over = excess(identityBytes, ledger.of(identity).bytes, { bytes, priority }, whenFull);
    if (!make([identity], priority, over)) {
      return new QueueFullError(`the identity has ${identityBytes} bytes waiting, its limit`);
    }
  }
  const freed = leaving.reduce((sum, { bytes }) => sum + bytes, 0);
  const over = excess(maxBytes, ledger.bytes - freed, { bytes: total, priority: highest }, whenFull);
  const overInFile = couldBeLarger(ledger.bytes + total, maxBytes)
    ? fileBytes() + total - maxBytes * fileShare
    : 0;
  // Pages are freed as a whole only, and the rows of several go into the log first.
  const wanted = Math.max(over, overInFile - freed, diskShort > 0 ? 2 * diskShort - freed : 0);
  if (!make(ledger.identities(), highest, wanted)) {
    return new QueueFullError(`the queue has ${maxBytes} bytes waiting, its limit`);
  }
  return leaving;
}

/** Whether so many counted bytes may take more than their share of the file. */
function couldBeLarger(bytes: number, maxBytes: number): boolean {
  return bytes * largestGap > maxBytes;
}
