import type { Caller } from './identity.ts';

export interface Point {
  readonly alias: string;
  /** Whether its time is that of its receipt, rather than one that its sender gave. */
  readonly stamped?: true;
  /** Seconds since 1970. */
  readonly at: number;
  readonly value: string;
}

/** A point as it waits in the queue. */
export interface WaitingPoint extends Point {
  readonly id: number;
  readonly opensRequest: boolean;
}

/** The points of one request, in their order. */
export interface Entry {
  readonly caller: Caller;
  readonly points: readonly Point[];
}

/** What became of a request that was accepted. */
export interface Accepted {
  readonly identity: number;
  /** Id of its last point; all points of the identity up to it were accepted before or with it. */
  readonly lastId: number;
}
