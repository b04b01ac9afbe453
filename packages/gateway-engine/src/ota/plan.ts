import type { PackageKind } from '@gateway-engine/app-package';
import type { InstallState, WorkState } from './states.ts';

/** How the work of a state ended. */
export type Ending = 'done' | 'failed';

/** What the plan asks of an install beside its state. */
export interface Course {
  /** Whether an application is removed. */
  readonly removal: boolean;
  /** Whether the program was stopped for this install. */
  readonly stopped: boolean;
}

const next: Readonly<Record<WorkState, Readonly<Record<Ending, InstallState>>>> = {
  queued: { done: 'downloading', failed: 'failed' },
  downloading: { done: 'verifying', failed: 'failed' },
  verifying: { done: 'staged', failed: 'failed' },
  staged: { done: 'stopping', failed: 'failed' },
  stopping: { done: 'installing', failed: 'rolling-back' },
  installing: { done: 'starting', failed: 'rolling-back' },
  starting: { done: 'probation', failed: 'rolling-back' },
  probation: { done: 'committed', failed: 'rolling-back' },
  removing: { done: 'committed', failed: 'failed' },
  'rolling-back': { done: 'rolled-back', failed: 'failed' },
};

/** The state after the work of `state` has ended. */
export function stateAfter(state: WorkState, ending: Ending, { removal, stopped }: Course): InstallState {
  if (state === 'queued' && ending === 'done' && removal) return 'removing';
  if (state === 'staged' && ending === 'failed' && stopped) return 'rolling-back';
  return next[state][ending];
}

/** How often an install may be picked up again after the engine ended in the midst of it. */
const attemptLimit = 3;
/** Waiting is no reason to give up soon. */
const waitingAttemptLimit = 100;
const waitingStates: ReadonlySet<InstallState> = new Set(['queued', 'downloading', 'staged']);

/**
 * Whether an install that goes on to `to` is past what its attempts were counted for. Nothing leads back from these
 * states, so that the count still breaks every loop.
 */
export function beginsAnewAt(to: InstallState, { stopped }: Pick<Course, 'stopped'>): boolean {
  if (to === 'verifying' || to === 'probation' || to === 'removing' || to === 'rolling-back') return true;
  return to === 'stopping' && !stopped;
}

/** Whether a later instruction for the same application takes the place of an install in this state. */
export function givesWay(state: InstallState, { stopped }: Pick<Course, 'stopped'>): boolean {
  return state === 'verifying' || (waitingStates.has(state) && !stopped);
}

/** Whether an install in this state can be stopped on request: later it is only brought to its end. */
export function canBeStopped(state: InstallState): boolean {
  return state !== 'rolling-back' && state !== 'removing';
}

export interface InterruptedInstall extends Course {
  readonly state: WorkState;
  /** How often it was picked up before. */
  readonly attempts: number;
  readonly kind: PackageKind | undefined;
  /** Whether the installer may have run. */
  readonly installerBegun: boolean;
}

/** Where to go on, and why not where it was. */
export interface Resumption {
  readonly state: InstallState;
  readonly reason?: string;
}

/**
 * Where an install goes on after the engine was ended (killed, power cut) in this state.
 *
 * An installer that was interrupted runs again only for a program, whose installation is meant to be repeated; a
 * one-off application may have been a `reboot`, which must not happen twice.
 */
export function resume(install: InterruptedInstall): Resumption {
  const { state } = install;
  const limit = waitingStates.has(state) && !install.stopped ? waitingAttemptLimit : attemptLimit;
  if (install.attempts >= limit) {
    const reason = `given up: the engine ended ${install.attempts} times during this install, last while ${state}`;
    return { state: stateAfter(state, 'failed', install), reason };
  }
  if (state !== 'installing' || !install.installerBegun) return { state };
  if (install.kind === 'program') return { state: 'staged' };
  return {
    state: 'rolling-back',
    reason: 'the engine ended while its installer ran; it is not run a second time',
  };
}
