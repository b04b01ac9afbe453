export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped';

/** The verdict of one check. */
export interface Finding {
  /** `AREA.WHAT`, the same in every run. */
  readonly name: string;
  readonly outcome: Outcome;
  /** What was found, or why the check was not made. */
  readonly found: string;
  /** What to do about it; undefined where nothing has to be done. */
  readonly advice?: string;
}

export function ok(name: string, found: string): Finding {
  return { name, outcome: 'ok', found };
}

export function warning(name: string, found: string, advice: string): Finding {
  return { name, outcome: 'warning', found, advice };
}

export function failed(name: string, found: string, advice: string): Finding {
  return { name, outcome: 'failed', found, advice };
}

export function skipped(name: string, why: string): Finding {
  return { name, outcome: 'skipped', found: why };
}
