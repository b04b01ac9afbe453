/** Content codings (RFC 9110 section 8.4.1) of request bodies, the better one first. */
export const bodyEncodings = ['zstd', 'gzip'] as const;
export type BodyEncoding = (typeof bodyEncodings)[number];

/**
 * What a platform can do beyond the documented device API, told at `paths.capabilities` to whoever asks, and never in
 * the answers of the device API: other platforms have no such path.
 */
export interface Capabilities {
  /** How the bodies of writes and records may be compressed. */
  readonly acceptEncoding: readonly BodyEncoding[];
  /** Largest body of a data call after decompression, bytes. */
  readonly dataBodyBytes: number;
}

export function formatCapabilities({ acceptEncoding, dataBodyBytes }: Capabilities): string {
  return JSON.stringify({ accept_encoding: acceptEncoding, data_body_bytes: dataBodyBytes });
}

/**
 * Reads an answer of the well-known path. Undefined when it is no such answer: some servers answer any path with a page
 * of theirs. Unknown keys and codings are passed over, for platforms to come.
 */
export function parseCapabilities(text: string): Capabilities | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('accept_encoding' in value)) return undefined;
  const { accept_encoding: codings } = value;
  if (!Array.isArray(codings)) return undefined;
  const bytes = 'data_body_bytes' in value ? Number(value.data_body_bytes) : 0;
  return {
    acceptEncoding: bodyEncodings.filter((coding) => codings.includes(coding)),
    dataBodyBytes: Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0,
  };
}
