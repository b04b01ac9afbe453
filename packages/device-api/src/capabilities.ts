/** Content codings (RFC 9110 section 8.4.1) of request bodies, the better one first. */
export const bodyEncodings = ['zstd', 'gzip'] as const;
export type BodyEncoding = (typeof bodyEncodings)[number];

/** By what the content of a product may be signed. */
export const updateTrusts = ['tuf'] as const;
export type UpdateTrustKind = (typeof updateTrusts)[number];

/** Forms of a delta between two contents. */
export const deltaForms = ['zstd'] as const;
export type DeltaForm = (typeof deltaForms)[number];

/**
 * What a platform can do beyond the documented device API, told at `paths.capabilities` to whoever asks, and never in
 * the answers of the device API: other platforms have no such path.
 */
export interface Capabilities {
  /** How the bodies of writes and records may be compressed. */
  readonly acceptEncoding: readonly BodyEncoding[];
  /** Largest body of a data call after decompression, bytes. */
  readonly dataBodyBytes: number;
  /** Empty when the platform serves no signed metadata. */
  readonly updateTrust: readonly UpdateTrustKind[];
  /** Empty when the platform makes no deltas. */
  readonly deltas: readonly DeltaForm[];
}

export function formatCapabilities(capabilities: Capabilities): string {
  return JSON.stringify({
    accept_encoding: capabilities.acceptEncoding,
    data_body_bytes: capabilities.dataBodyBytes,
    update_trust: capabilities.updateTrust,
    deltas: capabilities.deltas,
  });
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
    updateTrust: knownOf(updateTrusts, 'update_trust' in value ? value.update_trust : []),
    deltas: knownOf(deltaForms, 'deltas' in value ? value.deltas : []),
  };
}

function knownOf<T extends string>(known: readonly T[], told: unknown): T[] {
  return Array.isArray(told) ? known.filter((each) => told.includes(each)) : [];
}
