/**
 * Signed metadata that the platform does not take, in words for the developer who sent it. `STALE`: it does not follow
 * on the latest version, which somebody else may have made meanwhile. `MISSING`: what it builds on is not there.
 */
export class TrustRefusal extends Error {
  readonly code: 'REFUSED' | 'STALE' | 'MISSING';

  constructor(code: TrustRefusal['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
