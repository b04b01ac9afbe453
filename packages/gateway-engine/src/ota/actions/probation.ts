import { dependentSet, gateOfProbation } from '../dependent-set.ts';
import { withHealth } from '../engine-health.ts';
import type { Install, InstallFacts } from '../install.ts';
import { membersOf } from '../members.ts';
import type { OtaParts } from '../parts.ts';
import { judgeLook, type ProbationFinding, probationStart } from '../probation.ts';
import { mayStay } from './may-stay.ts';
import { done, failed, known, refused, type Step, waits } from './step.ts';

/**
 * Looks whether the new version stays up and is healthy. One look each time: other installs go on meanwhile. In a set
 * that is installed as a whole, whoever has stood its probation waits for the others.
 */
export async function watch(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { journal, probations } = parts;
  const finding = await findingOf(install, parts, signal);
  if (finding === 'offline') {
    return waits({ for: 'offline', text: 'the supervisor does not answer' }, 1_000);
  }
  const verdict = finding === undefined ? 'passed' : probations.add(install.id, finding);
  if (typeof verdict === 'object') return await failedProbation(install, parts, verdict.failed);
  const gate = gateOfProbation(install.id, membersOf(journal.siblings(install)));
  if (gate.kind === 'failed') return refused('dependency', gate.reason);
  if (verdict === 'goes-on') return waits(onProbation(parts), probations.nextLookMs(install.id));
  if (gate.kind === 'open') return { ...done(), together: othersOf(install, parts) };
  if (!install.facts.passed) journal.addFacts(install, { passed: true });
  return waits({ for: 'dependency', text: gate.text }, 1_000);
}

/** The rest of its set, which has stood its probation before. */
function othersOf(install: Install, { journal }: OtaParts): Install[] {
  const siblings = journal.siblings(install);
  const set = new Set(dependentSet(install.id, membersOf(siblings)).map(({ id }) => id));
  return siblings.filter(({ id, state }) => set.has(id) && id !== install.id && state === 'probation');
}

function onProbation({ probations, clock }: OtaParts): Parameters<typeof waits>[0] {
  const seconds = probations.wantedMs / 1000;
  return {
    for: 'probation',
    text: `it is on probation for ${seconds} s`,
    until: clock.now() + probations.wantedMs,
  };
}

/** Undefined: there is nothing to be watched. */
async function findingOf(
  install: Install,
  parts: OtaParts,
  signal: AbortSignal,
): Promise<ProbationFinding | 'offline' | undefined> {
  const { journal, programs, probations } = parts;
  const { start: state, probation } = install.facts;
  const { name } = known(install);
  if (state !== 'up' && state !== 'ended' && state !== 'undecided') return undefined;
  const entry = (await programs.entry(name)) ?? '';
  const seen = await programs.look(name, entry);
  if (seen === 'offline') return 'offline';
  const look = await withHealth(seen, { name, entry }, parts, signal);
  const finding: ProbationFinding = probation ? judgeLook(probation, look) : { kind: 'anew' };
  if (finding.kind !== 'anew') return finding;
  probations.forget(install.id);
  const start = probationStart(look);
  journal.addFacts(install, { probation: start });
  return judgeLook(start, look);
}

async function failedProbation(install: Install, parts: OtaParts, reason: string): Promise<Step> {
  const { name } = known(install);
  const tail = (await parts.programs.logTail(name, install.facts.logSize ?? 0)).trim();
  const log = tail === '' ? '' : `; the end of its log:\n${tail}`;
  const problem = `within its probation of ${parts.probations.wantedMs / 1000} s ${reason}${log}`;
  const facts: InstallFacts = { because: 'probation' };
  return mayStay(install, parts) ? done({ ...facts, but: problem }) : failed(problem, facts);
}
