/** A delta that cannot be had or does not give what is signed: the whole package is needed. */
export class DeltaError extends Error {
  readonly code = 'DELTA';
}
