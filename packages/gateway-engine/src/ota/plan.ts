import type { PackageKind } from '@gateway-engine/app-package';
import type { InstallState, WorkState } from './states.ts';

/** How the work of a state ended. */
export type Ending = 'done' | 'failed';

const next: Readonly<Record<WorkState, Readonly<Record<Ending, InstallState>>>> = {
  queued: { done: 'downloading', failed: 'failed' },
  downloading: { done: 'verifying', failed: 'failed' },
  verifying: { done: 'staging', failed: 'failed' },
  staging: { done: 'stopping', failed: 'failed' },
  stopping: { done: 'installing', failed: 'rolling-back' },
  installing: { done: 'starting', failed: 'rolling-back' },
  starting: { done: 'committed', failed: 'rolling-back' },
  'rolling-back': { done: 'rolled-back', failed: 'failed' },
};

/** The state after the work of `state` has ended. `stopped`: whether the program was stopped for this install. */
export function stateAfter(state: WorkState, ending: Ending, stopped: boolean): InstallState {
  if (state === 'staging' && ending === 'failed' && stopped) return 'rolling-back';
  return next[state][ending];
}

/** How often an install may be picked up again after the engine ended in the midst of it. */
const attemptLimit = 3;
/** Waiting for the network is no reason to give up soon. */
const downloadAttemptLimit = 100;

export interface InterruptedInstall {
  readonly state: WorkState;
  /** How often it was picked up before. */
  readonly attempts: number;
  readonly kind: PackageKind | undefined;
  /** Whether the program was stopped for this install. */
  readonly stopped: boolean;
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
  const limit = state === 'queued' || state === 'downloading' ? downloadAttemptLimit : attemptLimit;
  if (install.attempts >= limit) {
    const reason = `given up: the engine ended ${install.attempts} times during this install, last while ${state}`;
    return { state: stateAfter(state, 'failed', install.stopped), reason };
  }
  if (state !== 'installing' || !install.installerBegun) return { state };
  if (install.kind === 'program') return { state: 'staging' };
  return {
    state: 'rolling-back',
    reason: 'the engine ended while its installer ran; it is not run a second time',
  };
}
