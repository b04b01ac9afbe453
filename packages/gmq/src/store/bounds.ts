import type { Settings } from '../settings.ts';

/** How much the queue may take, and what happens beyond. */
export type Bounds = Pick<
  Settings,
  'maxBytes' | 'identityBytes' | 'whenFull' | 'freeDiskBytes' | 'deadLetterBytes' | 'timeToLiveMs'
>;

export const unbounded: Bounds = {
  maxBytes: Number.POSITIVE_INFINITY,
  identityBytes: undefined,
  whenFull: 'reject',
  freeDiskBytes: undefined,
  deadLetterBytes: Number.POSITIVE_INFINITY,
  timeToLiveMs: undefined,
};

/** The queue takes nothing more for now. The caller waits or gives up; nothing of its request is stored. */
export class QueueFullError extends Error {
  readonly code = 'QUEUE_FULL';
}

/** The disk is nearly full. The same, but for everybody. */
export class DiskFloorError extends Error {
  readonly code = 'DISK_FLOOR';
}

/** How much of a bound low, normal and high points may fill when nothing is dropped: the rest is for those above. */
const shares = [0.8, 0.95, 1] as const;

/**
 * By how many bytes a request is too large for a bound; 0 or less: it has room. A request counts by its highest point.
 * With `drop-oldest` room is made, so that every priority may fill all.
 */
export function excess(
  bound: number,
  used: number,
  request: { readonly bytes: number; readonly priority: 0 | 1 | 2 },
  whenFull: Bounds['whenFull'],
): number {
  const share = whenFull === 'reject' ? shares[request.priority] : 1;
  return used + request.bytes - bound * share;
}
