/** A request that is not taken: its status and, for the log, why. Nothing of it is stored. */
export class Refusal extends Error {
  readonly code = 'REFUSED';
  readonly status: 400 | 404 | 413 | 415 | 503;

  /** Whether the log has the reason already. */
  readonly logged: boolean;

  constructor(
    status: Refusal['status'],
    reason: string,
    options: ErrorOptions & { readonly logged?: boolean } = {},
  ) {
    super(reason, options);
    this.status = status;
    this.logged = options.logged ?? false;
  }
}
