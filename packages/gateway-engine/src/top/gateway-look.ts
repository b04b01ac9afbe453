import type { TrafficClass } from '@gateway-engine/device-client';

/** One program of the supervisor. */
export interface ProgramRow {
  readonly name: string;
  readonly state: string;
  /** 0 when it does not run. */
  readonly pid: number;
  /** Whole seconds; null when it does not run. */
  readonly uptime: number | null;
  /** Percent of one processor since the look before; null at the first look. */
  readonly cpu: number | null;
  /** Bytes, descendants included. */
  readonly memory: number;
  readonly processes: number;
  /** Since somebody started it; null with a supervisor that does not count. */
  readonly restarts: number | null;
  /** Why it is not well; empty when it is. */
  readonly problem: string;
}

export interface QueueRow {
  readonly running: boolean;
  readonly waiting: number;
  readonly bytes: number;
  /** Seconds that the oldest point has waited; null when none does. */
  readonly oldest: number | null;
  readonly deadLetters: number;
  /** Points per second over the last minute; null while gmq does not run. */
  readonly accepted: number | null;
  readonly uploaded: number | null;
}

/** What a gateway does at one moment. What cannot be known is null, and `problems` says why. */
export interface GatewayLook {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly version: string;
  readonly home: string;
  /** Seconds since boot. */
  readonly uptime: number;
  readonly load: readonly number[];
  readonly processors: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly available: number };
  readonly disk: { readonly size: number; readonly available: number } | null;
  readonly programs: readonly ProgramRow[] | null;
  readonly queue: QueueRow | null;
  /** Bytes today (UTC) of all that go by the device client, by class; null when no accounts are kept. */
  readonly network: Readonly<Partial<Record<TrafficClass, number>>> | null;
  /** Seconds ago, and in how many seconds the next is due at the latest; null while nothing is known of one. */
  readonly checkIn: { readonly last: number; readonly next: number } | null;
  readonly problems: readonly string[];
}
