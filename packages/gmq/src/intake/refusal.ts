/** A request that is not taken: its status and, for the log, why. Nothing of it is stored. */
export class Refusal extends Error {
  readonly code = 'REFUSED';
  readonly status: 400 | 404 | 413 | 415 | 503;

  /** Whether the log has the reason already. */
  readonly logged: boolean;
  /** Whether the answer names the reason: a call of ours, whose answers no documented client compares. */
  readonly told: boolean;

  constructor(
    status: Refusal['status'],
    reason: string,
    options: ErrorOptions & { readonly logged?: boolean; readonly told?: boolean } = {},
  ) {
    super(reason, options);
    this.status = status;
    this.logged = options.logged ?? false;
    this.told = options.told ?? false;
  }
}
