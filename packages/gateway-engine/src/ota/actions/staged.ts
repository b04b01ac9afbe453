import { describeError } from '@gateway-engine/host';
import { judgeTarget } from '../../trust/judge-target.ts';
import { TrustError } from '../../trust/update-trust.ts';
import { dependentSet, gateOfStaged, type Member } from '../dependent-set.ts';
import type { Install } from '../install.ts';
import { membersOf } from '../members.ts';
import type { OtaParts } from '../parts.ts';
import { subjectOf } from '../subject.ts';
import { firstUnmet } from '../unmet-needs.ts';
import { done, failed, known, refused, type Step, waits } from './step.ts';
import { vetoed } from './veto-gate.ts';
import { outsideWindow } from './window-gate.ts';

/**
 * Unpacks the package beside its final place. Then, as the last before anything that runs is touched, it waits for all
 * that has to come first.
 */
export async function stage(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { contents } = known(install);
  const { files } = parts;
  try {
    if (!(await files.isStaged(install.id))) await files.stage(install.id, contents.topDirectory);
  } catch (error) {
    return failed(`cannot be unpacked: ${describeError(error)}`, { because: 'package' });
  }
  // An interruption led back here, with the program stopped: nothing is gained by waiting.
  if (install.facts.previous) return done();
  return (
    gate(install, parts) ??
    (await vetoed(install, parts, signal)) ??
    (await blocked(install, parts)) ??
    done()
  );
}

function gate(install: Install, parts: OtaParts): Step | undefined {
  const { journal } = parts;
  const earlier = journal
    .unfinished()
    .find((other) => other.id < install.id && subjectOf(other) === subjectOf(install));
  if (earlier) {
    return waits({ for: 'probation', text: `waits for the end of ${earlier.tarball} (${earlier.state})` });
  }
  const downgrade = downgradeSince(install, parts);
  if (downgrade) return downgrade;
  const siblings = journal.siblings(install);
  const members = membersOf(siblings);
  const together = dependentSet(install.id, members);
  const missing = unmetIn(siblings, together, install, parts);
  if (missing) return missing;
  const set = gateOfStaged(install.id, members);
  if (set.kind === 'failed') return refused('dependency', set.reason);
  if (set.kind === 'waits') return waits({ for: 'dependency', text: set.text });
  // Once some of a set are installed the rest follows at once, whatever the hour.
  const isBegun = together.some(({ state }) => state !== 'staged');
  return isBegun ? undefined : outsideWindow(install, parts);
}

/** Once the program is stopped, a supervisor that cannot read its configuration could start neither version. */
async function blocked(install: Install, { programs }: OtaParts): Promise<Step | undefined> {
  if (known(install).contents.supervisorConf === undefined) return undefined;
  const obstacle = await programs.obstacle();
  return obstacle === null ? undefined : refused('configuration', `nothing was touched: ${obstacle}`);
}

/** It was judged before the download; a later release may have been installed since. */
function downgradeSince({ tarball, facts }: Install, { journal }: OtaParts): Step | undefined {
  const { name, version, trust } = facts;
  if (name === undefined || version === undefined || trust?.kind !== 'signed') return undefined;
  try {
    judgeTarget({ ...trust, path: tarball }, { name, version, installed: journal.lastRelease(name) });
    return undefined;
  } catch (error) {
    if (error instanceof TrustError) return refused('signature', describeError(error));
    throw error;
  }
}

/** What any of a set needs keeps all of it from being installed, before the first of it is touched. */
function unmetIn(
  siblings: readonly Install[],
  together: readonly Member[],
  install: Install,
  { journal }: OtaParts,
): Step | undefined {
  for (const other of siblings.filter(({ id }) => together.some((member) => member.id === id))) {
    const unmet = firstUnmet(other, journal);
    if (!unmet) continue;
    const text =
      other.id === install.id ? unmet.text : `${other.tarball}, which belongs to it: ${unmet.text}`;
    if (!unmet.pending) return refused(unmet.because, text);
    return waits({ for: 'dependency', text: `${text}; waits for ${unmet.pending.tarball}` });
  }
  return undefined;
}
