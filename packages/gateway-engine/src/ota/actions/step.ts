import type { Install, InstallFacts } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import type { Ending } from '../plan.ts';

/** How the work of a state ended, and what was learnt by it. */
export interface Step {
  readonly ending: Ending;
  readonly facts?: InstallFacts;
}

export type Action = (install: Install, parts: OtaParts, signal: AbortSignal) => Promise<Step>;

export const done = (facts: InstallFacts = {}): Step => ({ ending: 'done', facts });
export const failed = (reason: string, facts: InstallFacts = {}): Step => ({
  ending: 'failed',
  facts: { ...facts, reason },
});

/** A note that is worth a line. */
export function withNote(note: string): InstallFacts {
  return note === '' ? {} : { note };
}

type Known = Required<Pick<InstallFacts, 'name' | 'version' | 'contents' | 'previous'>>;

/** The facts that the states before have written down. */
export function known({ id, facts }: Install): Known {
  const { name, version, contents, previous = { version: null, conf: null } } = facts;
  if (name === undefined || version === undefined || contents === undefined) {
    throw new Error(`install ${id} has lost its facts`);
  }
  return { name, version, contents, previous };
}
