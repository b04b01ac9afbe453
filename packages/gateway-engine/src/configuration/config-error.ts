/** A configuration that cannot be used: which file, what is wrong, what would be right. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  /** The documented exit status of -1 when the gateway has no identity. */
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}
