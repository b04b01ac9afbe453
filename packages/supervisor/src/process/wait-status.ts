/** How a process ended; both null when that is not known, as of one that ended while no supervisor watched it. */
export interface WaitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit status as Supervisor gives it: -1 for an end by a signal, and for one that is not known. */
export function exitStatusOf(status: WaitStatus): number {
  return status.code ?? -1;
}

export function describeWaitStatus(status: WaitStatus): string {
  if (status.code === null && status.signal === null) return 'exit status unknown';
  return status.code === null ? `terminated by ${status.signal}` : `exit status ${status.code}`;
}
