import type { Install } from '../ota/install.ts';
import { subjectOf } from '../ota/subject.ts';

/** One install or removal, as people and programs read it. Times are ISO 8601, UTC. */
export interface HistoryEntry {
  readonly began: string;
  readonly changed: string;
  readonly what: 'install' | 'removal';
  /** null for a tarball whose name names none. */
  readonly app: string | null;
  readonly version: string | null;
  /** The version before; null when there was none. */
  readonly from: string | null;
  readonly source: string;
  readonly state: string;
  readonly because: string | null;
  /** Why it failed, what it waits for, or what is wrong with it though it was installed. */
  readonly reason: string | null;
}

export function historyEntry(install: Install): HistoryEntry {
  const { facts, source, state } = install;
  return {
    began: new Date(install.createdAt).toISOString(),
    changed: new Date(install.changedAt).toISOString(),
    what: source === 'removal' ? 'removal' : 'install',
    app: subjectOf(install) ?? null,
    version: facts.version ?? null,
    from: source === 'removal' ? null : (facts.previous?.version ?? null),
    source,
    state,
    because: facts.waits?.for ?? facts.because ?? null,
    reason: facts.waits?.text ?? facts.reason ?? facts.but ?? null,
  };
}
