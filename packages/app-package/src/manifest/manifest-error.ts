/** A `gwe.json` that cannot be used. */
export class ManifestError extends Error {
  readonly code = 'MANIFEST';
}
