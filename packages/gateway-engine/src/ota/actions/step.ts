import type { Install, InstallFacts } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import type { Ending } from '../plan.ts';
import type { Wait, Why } from '../why.ts';

/** How the work of a state ended, and what was learnt by it; or what it waits for, and when to look again. */
export type Step = EndedStep | WaitingStep;

export interface EndedStep {
  readonly ending: Ending;
  readonly facts?: InstallFacts;
  /** Others that are committed with it, all or none. */
  readonly together?: readonly Install[];
}

export interface WaitingStep {
  readonly ending: 'waits';
  readonly wait: Wait;
  readonly againMs: number;
  readonly facts?: undefined;
}

export type Action = (install: Install, parts: OtaParts, signal: AbortSignal) => Promise<Step>;

export const done = (facts: InstallFacts = {}): EndedStep => ({ ending: 'done', facts });
export const failed = (reason: string, facts: InstallFacts = {}): EndedStep => ({
  ending: 'failed',
  facts: { ...facts, reason },
});
export const refused = (because: Why, reason: string): EndedStep => failed(reason, { because });
/** `againMs`: when to look again, if nothing else happens before. */
export const waits = (wait: Wait, againMs = 60_000): WaitingStep => ({ ending: 'waits', wait, againMs });

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
