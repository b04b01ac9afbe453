/** `Content-Range: bytes <first>-<last>/<total>`, positions from 0 and inclusive. Undefined when it is malformed. */
export function parseContentRange(
  header: string | undefined,
): { first: number; last: number; total: number } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return first <= last && last < total ? { first, last, total } : undefined;
}
