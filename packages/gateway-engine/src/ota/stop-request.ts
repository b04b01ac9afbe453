import type { Install } from './install.ts';
import type { InstallJournal } from './journal.ts';
import { canBeStopped, givesWay } from './plan.ts';
import { courseOf } from './run-facts.ts';
import { isFinal } from './states.ts';
import { subjectOf } from './subject.ts';
import type { Why } from './why.ts';

/** Why an install is not carried on: somebody has asked for its end, or for a later one of the same application. */
export function whyToStop(
  install: Install,
  journal: Pick<InstallJournal, 'unfinished'>,
): { readonly because: Why; readonly reason: string } | undefined {
  const { state, facts, source } = install;
  if (isFinal(state)) return undefined;
  if (facts.stop !== undefined && canBeStopped(state)) return { because: 'cancelled', reason: facts.stop };
  if (source === 'removal' || !givesWay(state, courseOf(install))) return undefined;
  const app = subjectOf(install);
  const later = journal
    .unfinished()
    .find((other) => other.id > install.id && app !== undefined && subjectOf(other) === app);
  if (!later) return undefined;
  const what = later.source === 'removal' ? 'remove' : 'install';
  return { because: 'replaced', reason: `replaced by the later instruction to ${what} ${later.tarball}` };
}
