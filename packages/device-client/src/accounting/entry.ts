/** What traffic is for; over its budget, a class waits. */
export const trafficClasses = ['control', 'data', 'update', 'log'] as const;
export type TrafficClass = (typeof trafficClasses)[number];

/** Which call of the device API a request was. */
export const trafficMethods = [
  'write',
  'read',
  'record',
  'activate',
  'content',
  'download',
  'timestamp',
  'longpoll',
  'rpc',
  'other',
] as const;
export type TrafficMethod = (typeof trafficMethods)[number];

/** One request, as it is accounted for. */
export interface TrafficEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly program: string;
  /** Of the machine's interfaces; empty when no connection was made, and then the request is in no total. */
  readonly interface: string;
  readonly class: TrafficClass;
  readonly method: TrafficMethod;
  readonly host: string;
  /** Bytes on the socket: TLS, headers and, on a fresh connection, its set-up included. */
  readonly sent: number;
  readonly received: number;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

/** The five numbers of a usage report. */
export interface TrafficSum {
  readonly tot_rx: number;
  readonly max_rx: number;
  readonly tot_tx: number;
  readonly max_tx: number;
  readonly num: number;
}

export interface TrafficTotal extends TrafficSum {
  readonly interface: string;
  readonly program: string;
  readonly class: TrafficClass;
  readonly method: TrafficMethod;
}

/** A day's total, day as YYYY-MM-DD in UTC. */
export interface DayTotal extends TrafficTotal {
  readonly day: string;
}

/** The UTC day of a time in milliseconds, YYYY-MM-DD. A time beyond the calendar counts as the first day. */
export function dayOf(time: number): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString().slice(0, 10) : '1970-01-01';
}
