/** Why something is not installed, in a word that programs can read. */
export type Why =
  | 'window'
  | 'veto'
  | 'budget'
  | 'disk'
  | 'dependency'
  | 'signature'
  | 'offline'
  | 'architecture'
  | 'engine'
  | 'package'
  | 'configuration'
  | 'probation'
  | 'cancelled'
  | 'replaced';

/** What an install waits for. */
export interface Wait {
  readonly for: Why;
  /** In words. */
  readonly text: string;
  /** When it goes on by itself, milliseconds since 1970; undefined when nobody knows. */
  readonly until?: number;
}
