const told = ['code', 'errno', 'syscall', 'address', 'port', 'hostname'] as const;

/**
 * A cause that is safe to log: a parser's error carries the raw bytes of the answer, which may hold a CIK, and a
 * certificate's error the whole certificate.
 */
export function withoutPayload(error: Error): Error {
  if (error instanceof AggregateError) {
    return new AggregateError(
      error.errors.map((each) => (each instanceof Error ? withoutPayload(each) : each)),
      error.message,
    );
  }
  const safe: Error & Record<string, unknown> = Object.assign(new Error(error.message));
  for (const name of told) {
    const value = (error as Error & Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number') safe[name] = value;
  }
  return safe;
}
