/** Content that this gateway cannot have: it is not there, not for this gateway, too large, or not what was signed. */
export class ContentError extends Error {
  readonly code = 'CONTENT';
  readonly because: 'package' | 'disk';

  constructor(message: string, options: ErrorOptions & { because?: 'disk' } = {}) {
    super(message, options);
    this.because = options.because ?? 'package';
  }
}

/** The platform cannot be reached, does not know this gateway now, or the byte budget is used up; to be tried later. */
export class DownloadPostponed extends Error {
  readonly code = 'DOWNLOAD_POSTPONED';
  /** When the budget begins anew, milliseconds since 1970; undefined when it is not the budget. */
  readonly until: number | undefined;

  constructor(message: string, options: ErrorOptions & { until?: number } = {}) {
    super(message, options);
    this.until = options.until;
  }
}

/** The bytes that are here are not those that belong there; without them the download may come out right. */
export class WrongBytes extends Error {
  readonly code = 'WRONG_BYTES';
}
