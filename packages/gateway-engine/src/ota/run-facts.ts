import type { Install } from './install.ts';
import type { Course, InterruptedInstall } from './plan.ts';
import type { WorkState } from './states.ts';

/** What the plan asks of an install. */
export function courseOf({ source, facts }: Install): Course {
  return { removal: source === 'removal', stopped: facts.previous !== undefined };
}

export function interruptedInstall(install: Install, state: WorkState): InterruptedInstall {
  return {
    ...courseOf(install),
    state,
    attempts: install.attempts,
    kind: install.facts.contents?.kind,
    installerBegun: install.facts.installerBegun === true,
  };
}

/** Whether there was a version before, to which a failed install goes back. */
export function hadBefore({ facts }: Install): boolean {
  return facts.previous !== undefined && (facts.previous.version !== null || facts.previous.conf !== null);
}
