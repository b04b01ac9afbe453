import type { WorkState } from '../states.ts';
import { fetchTarball } from './downloading.ts';
import { install } from './installing.ts';
import { watch } from './probation.ts';
import { preflight } from './queued.ts';
import { remove } from './removing.ts';
import { rollBack } from './rolling-back.ts';
import { stage } from './staged.ts';
import { startProgram } from './starting.ts';
import type { Action } from './step.ts';
import { stopProgram } from './stopping.ts';
import { verify } from './verifying.ts';

/** What is done in each state. Every action may be repeated from its start after the engine was killed within it. */
export const actions: Readonly<Record<WorkState, Action>> = {
  queued: preflight,
  downloading: fetchTarball,
  verifying: verify,
  staged: stage,
  stopping: stopProgram,
  installing: install,
  starting: startProgram,
  probation: watch,
  removing: remove,
  'rolling-back': rollBack,
};
