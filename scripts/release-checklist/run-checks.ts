import { describeError } from '@gateway-engine/host';
import { artefacts, reproducible, signedChecksums } from './artefact-check.ts';
import type { Check, Outcome, ReleaseContext } from './check.ts';
import { completeLocks } from './lock-check.ts';
import { testsPassed } from './tests-check.ts';
import { cleanTree, noLargeFiles, noPrivateHosts, nothingUnfinished } from './tree-checks.ts';
import { changelogSection, docsLinks, sameVersion, tagIsFree } from './version-checks.ts';

/** The checklist, in the order in which things are put right. */
export const checks: readonly Check[] = [
  cleanTree,
  noLargeFiles,
  sameVersion,
  tagIsFree,
  changelogSection,
  docsLinks,
  completeLocks,
  nothingUnfinished,
  noPrivateHosts,
  testsPassed,
  artefacts,
  signedChecksums,
  reproducible,
];

export interface CheckedItem {
  readonly name: string;
  readonly outcome: Outcome;
}

/** Runs every check; one that cannot be run has failed. */
export async function runChecks(context: ReleaseContext): Promise<CheckedItem[]> {
  const items: CheckedItem[] = [];
  for (const check of checks) {
    let outcome: Outcome;
    try {
      outcome = await check.run(context);
    } catch (error) {
      const advice = 'make it possible to look at that';
      outcome = { ok: false, problems: [describeError(error)], advice };
    }
    items.push({ name: check.name, outcome });
  }
  return items;
}

const shownProblems = 10;

/** One line for each item, and for one that failed what is wrong and what to do. */
export function checklistText(items: readonly CheckedItem[]): string {
  const lines = items.flatMap(({ name, outcome }) => {
    if (outcome.ok) return [`ok      ${name} (${outcome.detail})`];
    const { problems, advice } = outcome;
    const left = problems.length - shownProblems;
    return [
      `failed  ${name}`,
      ...problems.slice(0, shownProblems).map((problem) => `          ${problem}`),
      ...(left > 0 ? [`          and ${left} more`] : []),
      `        -> ${advice}`,
    ];
  });
  const failed = items.filter(({ outcome }) => !outcome.ok).length;
  return [...lines, failed === 0 ? 'ready to be released' : `${failed} of ${items.length} failed`].join('\n');
}
