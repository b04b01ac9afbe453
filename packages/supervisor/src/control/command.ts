import type { ControlSession } from './session.ts';

/** A command of the prompt, and the first word of our command line. */
export interface ControlCommand {
  readonly name: string;
  /** What `help NAME` says. */
  readonly help: readonly string[];
  /** What its arguments name, for completion. */
  readonly completes?: 'programs' | 'groups' | 'commands';
  /** `rest` is all after the name, without blanks around it. */
  run(session: ControlSession, rest: string): Promise<'quit' | undefined>;
}

export function words(rest: string): string[] {
  return rest.split(/\s+/).filter((word) => word !== '');
}
