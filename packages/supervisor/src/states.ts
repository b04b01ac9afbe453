/**
 * The states of a hosted program and of the supervisor, with the codes that Supervisor's XML-RPC interface gives
 * them. This file imports nothing.
 */
export const processStates = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const;

export type ProcessState = keyof typeof processStates;

/**
 * Which state may follow which. Anything else is a defect of ours, never an input. From STOPPED and EXITED to BACKOFF
 * goes only a program with a restart policy, which Supervisor does not have.
 */
export const transitions: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  STOPPED: ['STARTING', 'BACKOFF'],
  STARTING: ['RUNNING', 'BACKOFF', 'STOPPING', 'UNKNOWN'],
  RUNNING: ['EXITED', 'STOPPING', 'UNKNOWN'],
  BACKOFF: ['STARTING', 'FATAL', 'STOPPED'],
  STOPPING: ['STOPPED', 'UNKNOWN'],
  EXITED: ['STARTING', 'BACKOFF'],
  FATAL: ['STARTING'],
  UNKNOWN: ['STOPPED'],
};

/** A program in one of these is up or on its way: it can be stopped, not started. */
export const runningStates: readonly ProcessState[] = ['RUNNING', 'BACKOFF', 'STARTING'];

/** Nothing runs and nothing is about to end. */
export const stoppedStates: readonly ProcessState[] = ['STOPPED', 'EXITED', 'FATAL', 'UNKNOWN'];

export const signallableStates: readonly ProcessState[] = ['RUNNING', 'STARTING', 'STOPPING'];

export const supervisorStates = { FATAL: 2, RUNNING: 1, RESTARTING: 0, SHUTDOWN: -1 } as const;

export type SupervisorState = keyof typeof supervisorStates;
