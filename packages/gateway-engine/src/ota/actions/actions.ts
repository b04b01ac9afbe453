import { engineApp, engineSteps } from '../../self-update/engine-steps.ts';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
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
const actions: Readonly<Record<WorkState, Action>> = {
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

/** What is done for an install in a state; the engine itself has some ways of its own. */
export function actionOf(state: WorkState, { facts }: Install, { engine }: OtaParts): Action {
  const own = facts.name === engineApp && engine ? engineSteps(engine)[state] : undefined;
  return own ?? actions[state];
}
