import type { Install } from '../../ota/install.ts';
import { subjectOf } from '../../ota/subject.ts';
import type { EngineState } from '../engine-state.ts';
import { type Finding, ok, skipped, warning } from '../finding.ts';

export type AppsFacts =
  | (Pick<EngineState, 'unfinished' | 'history'> & { readonly probationSeconds: number })
  | { readonly unknown: string };

/** How the installs stand. */
export function judgeApps(facts: AppsFacts): Finding[] {
  const names = ['apps.probation', 'apps.waiting', 'apps.failed'] as const;
  if ('unknown' in facts) return names.map((name) => skipped(name, facts.unknown));
  return [
    judgeProbation(names[0], facts.unfinished, facts.probationSeconds),
    judgeWaiting(names[1], facts.unfinished),
    judgeFailed(names[2], facts.history),
  ];
}

function judgeProbation(name: string, unfinished: readonly Install[], seconds: number): Finding {
  const tried = unfinished.filter(({ state }) => state === 'probation');
  if (tried.length === 0) return ok(name, 'nothing is on probation');
  const shown = tried.map(({ tarball, changedAt }) => `${tarball} since ${momentOf(changedAt)}`);
  return warning(
    name,
    `on probation: ${shown.join('; ')}`,
    `each has to be well for ${seconds} s, then it stays; otherwise the version before comes back by itself`,
  );
}

function judgeWaiting(name: string, unfinished: readonly Install[]): Finding {
  const waiting = unfinished.filter(({ state, facts }) => facts.waits && state !== 'probation');
  if (waiting.length === 0) return ok(name, 'no install waits for anything');
  const shown = waiting.map(({ tarball, facts }) => `${tarball}: ${facts.waits?.text}`);
  return warning(name, shown.join('; '), 'gwe status shows until when');
}

/** Of each application the newest work, where that has failed. */
function judgeFailed(name: string, history: readonly Install[]): Finding {
  const newest = new Map<string, Install>();
  for (const install of history) {
    const subject = subjectOf(install) ?? install.tarball;
    if (!newest.has(subject)) newest.set(subject, install);
  }
  const lost = [...newest.values()].filter(({ state }) => state === 'failed' || state === 'rolled-back');
  if (lost.length === 0) return ok(name, 'of every application the newest install has succeeded');
  const shown = lost.map(({ tarball, facts }) => `${tarball}: ${facts.reason ?? 'failed'}`);
  return warning(
    name,
    `not installed: ${shown.join('; ')}`,
    'gwe history shows what came of each; send a corrected version',
  );
}

function momentOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
