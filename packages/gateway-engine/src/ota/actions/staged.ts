import { describeError } from '@gateway-engine/host';
import { dependentSet, gateOfStaged } from '../dependent-set.ts';
import type { Install } from '../install.ts';
import { membersOf } from '../members.ts';
import type { OtaParts } from '../parts.ts';
import { subjectOf } from '../subject.ts';
import { firstUnmet } from '../unmet-needs.ts';
import { done, failed, known, refused, type Step, waits } from './step.ts';
import { outsideWindow } from './window-gate.ts';

/**
 * Unpacks the package beside its final place. Then, as the last before anything that runs is touched, it waits for all
 * that has to come first.
 */
export async function stage(install: Install, parts: OtaParts): Promise<Step> {
  const { contents } = known(install);
  const { files } = parts;
  try {
    if (!(await files.isStaged(install.id))) await files.stage(install.id, contents.topDirectory);
  } catch (error) {
    return failed(`cannot be unpacked: ${describeError(error)}`, { because: 'package' });
  }
  // An interruption led back here, with the program stopped: nothing is gained by waiting.
  if (install.facts.previous) return done();
  return gate(install, parts) ?? done();
}

function gate(install: Install, parts: OtaParts): Step | undefined {
  const { journal } = parts;
  const earlier = journal
    .unfinished()
    .find((other) => other.id < install.id && subjectOf(other) === subjectOf(install));
  if (earlier) {
    return waits({ for: 'probation', text: `waits for the end of ${earlier.tarball} (${earlier.state})` });
  }
  const members = membersOf(journal.siblings(install));
  const set = gateOfStaged(install.id, members);
  if (set.kind === 'failed') return refused('dependency', set.reason);
  if (set.kind === 'waits') return waits({ for: 'dependency', text: set.text });
  const unmet = firstUnmet(install, journal);
  if (unmet) return refused(unmet.because, unmet.text);
  // Once some of a set are installed the rest follows at once, whatever the hour.
  const isBegun = dependentSet(install.id, members).some(({ state }) => state !== 'staged');
  return isBegun ? undefined : outsideWindow(install, parts);
}
