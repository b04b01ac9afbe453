/** The four files of a TUF repository. */
export type MetadataRole = 'root' | 'timestamp' | 'snapshot' | 'targets';

/**
 * Why signed metadata is refused.
 *
 * - `ROLLBACK`: it, or what it lists, is older than what was trusted before.
 * - `EXPIRED`: nobody has vouched for it recently enough; somebody may be holding newer metadata back.
 * - `SIGNATURE`: too few of the keys that the trusted root names have signed it.
 * - `LENGTH`: it is larger than metadata may be, or not as long as was signed.
 * - `FORMAT`: it is no TUF metadata, or not of a form that is used here.
 * - `MISMATCH`: it is not the one that the others of its set name; also a root that is not the pinned one.
 */
export type MetadataProblem = 'ROLLBACK' | 'EXPIRED' | 'SIGNATURE' | 'LENGTH' | 'FORMAT' | 'MISMATCH';

/** Metadata that is not trusted; the only class of error that verifying throws for any bytes. */
export class TrustedMetadataError extends Error {
  readonly code: MetadataProblem;
  readonly role: MetadataRole;

  constructor(code: MetadataProblem, role: MetadataRole, message: string, options?: ErrorOptions) {
    super(`${role}.json: ${message}`, options);
    this.code = code;
    this.role = role;
  }
}
