/** What a look at one thing has shown. */
export type Outcome =
  | { readonly ok: true; readonly detail: string }
  /** `problems`: what and where, a line each; `advice`: what to do. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly advice: string };

export interface ReleaseContext {
  /** The repository. */
  readonly root: string;
  /** The version that is to be released. */
  readonly version: string;
  /** Folder of what is to be given out; undefined: it is not looked at. */
  readonly artefacts: string | undefined;
  /** Folder of a second build of the same. */
  readonly again?: string | undefined;
}

/** One line of the checklist. */
export interface Check {
  readonly name: string;
  run(context: ReleaseContext): Outcome | Promise<Outcome>;
}

/** Well when there is no problem. */
export function outcome(problems: readonly string[], detail: string, advice: string): Outcome {
  return problems.length === 0 ? { ok: true, detail } : { ok: false, problems, advice };
}
