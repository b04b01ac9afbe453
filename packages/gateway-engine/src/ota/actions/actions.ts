import type { WorkState } from '../states.ts';
import { fetchTarball } from './downloading.ts';
import { install } from './installing.ts';
import { readName } from './queued.ts';
import { rollBack } from './rolling-back.ts';
import { stage } from './staging.ts';
import { startProgram } from './starting.ts';
import type { Action } from './step.ts';
import { stopProgram } from './stopping.ts';
import { verify } from './verifying.ts';

/** What is done in each state. Every action may be repeated from its start after the engine was killed within it. */
export const actions: Readonly<Record<WorkState, Action>> = {
  queued: readName,
  downloading: fetchTarball,
  verifying: verify,
  staging: stage,
  stopping: stopProgram,
  installing: install,
  starting: startProgram,
  'rolling-back': rollBack,
};
