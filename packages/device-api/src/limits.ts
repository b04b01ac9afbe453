/** Limits of the device API that both sides rely on. */
export const limits = {
  /** Longest wait of a long poll, milliseconds. A greater wish is taken as this. */
  longPollMs: 300_000,
  /** Latest second of a point: `Date`, and with it an HTTP date, ends there (ECMA-262, time values). */
  latestSecond: 8_640_000_000_000,
  /** Largest body of a data call, bytes. */
  dataBodyBytes: 1024 * 1024,
  /** Largest content upload, bytes; the protocol asks for 64 MiB at least. */
  contentBytes: 512 * 1024 * 1024,
  /** Requests answered on one connection before it is closed. */
  requestsPerConnection: 100,
  /** A response to a device stays below this many bytes, status line to last body byte. */
  smallResponseBytes: 200,
} as const;
