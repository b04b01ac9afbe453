/**
 * The states of one install, or of the removal of an application. This file imports nothing.
 *
 * Up to `staged` nothing that runs has been touched: a failure there ends in `failed`. From `stopping` on, a failure
 * goes through `rolling-back`.
 */
export const installStates = [
  'queued',
  'downloading',
  'verifying',
  'staged',
  'stopping',
  'installing',
  'starting',
  'probation',
  'removing',
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
  queued: ['downloading', 'removing', 'failed'],
  downloading: ['verifying', 'failed'],
  verifying: ['staged', 'failed'],
  // The program may have been stopped before an interruption led back here.
  staged: ['stopping', 'failed', 'rolling-back'],
  stopping: ['installing', 'rolling-back'],
  // Back to staged after an interruption: install.sh runs again in a fresh copy of the package.
  installing: ['starting', 'staged', 'rolling-back'],
  starting: ['probation', 'rolling-back'],
  probation: ['committed', 'rolling-back'],
  removing: ['committed', 'failed'],
  'rolling-back': ['rolled-back', 'failed'],
  committed: [],
  'rolled-back': [],
  failed: [],
};

/** What earlier versions of the engine wrote into their journals. */
export const formerNames: Readonly<Record<string, InstallState>> = { staging: 'staged' };

export function isFinal(state: InstallState): state is FinalState {
  return transitions[state].length === 0;
}
