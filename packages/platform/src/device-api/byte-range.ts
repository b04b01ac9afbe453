/** Bytes of a file that a `Range` header asks for, `first` and `last` inclusive. */
export type ByteRange = { readonly first: number; readonly last: number } | 'whole' | 'unsatisfiable';

/**
 * Reads `bytes=X-Y`, `bytes=X-` or `bytes=-Y` for a file of `size` bytes (spec section 5.2). A last byte beyond the
 * file is cut to it. What cannot be read, several ranges among it, asks for the whole file.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  // No two runs of blanks side by side: they could be split in as many ways as there are blanks.
  const match = /^bytes\s*=\s*(?:(\d+)\s*)?-\s*(\d*)$/i.exec(header ?? '');
  if (!match || (match[1] === undefined && match[2] === '')) return 'whole';
  if (match[1] === undefined) {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[2] !== '' && Number(match[2]) < first) return 'whole';
  return first >= size ? 'unsatisfiable' : { first, last };
}
