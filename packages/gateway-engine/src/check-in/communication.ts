/** The literal codes of what the platform or the network may do to a call. */
const codes: ReadonlySet<unknown> = new Set(['HTTP_STATUS', 'NETWORK', 'TIMEOUT', 'PROTOCOL']);

/** Whether an error came from the platform or the network, and so may pass; otherwise it is a defect of ours. */
export function isCommunicationError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && codes.has(error.code);
}
