/** How a process ended. */
export interface WaitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit status as Supervisor gives it: -1 for an end by a signal. */
export function exitStatusOf(status: WaitStatus): number {
  return status.code ?? -1;
}

export function describeWaitStatus(status: WaitStatus): string {
  return status.code === null ? `terminated by ${status.signal}` : `exit status ${status.code}`;
}
