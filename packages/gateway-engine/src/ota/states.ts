/**
 * The states of one install. This file imports nothing.
 *
 * Up to `staging` nothing that runs has been touched: a failure there ends in `failed`. From `stopping` on, a failure
 * goes through `rolling-back`.
 */
export const installStates = [
  'queued',
  'downloading',
  'verifying',
  'staging',
  'stopping',
  'installing',
  'starting',
  'rolling-back',
  'committed',
  'rolled-back',
  'failed',
] as const;

export type InstallState = (typeof installStates)[number];
export type FinalState = 'committed' | 'rolled-back' | 'failed';
export type WorkState = Exclude<InstallState, FinalState>;

/** Which state may follow which. Anything else is a defect of ours. */
export const transitions: Readonly<Record<InstallState, readonly InstallState[]>> = {
  queued: ['downloading', 'failed'],
  downloading: ['verifying', 'failed'],
  verifying: ['staging', 'failed'],
  // The program may have been stopped before an interruption led back here.
  staging: ['stopping', 'failed', 'rolling-back'],
  stopping: ['installing', 'rolling-back'],
  // Back to staging after an interruption: install.sh runs again in a fresh copy of the package.
  installing: ['starting', 'staging', 'rolling-back'],
  starting: ['committed', 'rolling-back'],
  'rolling-back': ['rolled-back', 'failed'],
  committed: [],
  'rolled-back': [],
  failed: [],
};

export function isFinal(state: InstallState): state is FinalState {
  return transitions[state].length === 0;
}
