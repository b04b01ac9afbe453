/**
 * Whether a version of an application is one of those that serve: a version itself, one with `*` for any text, such as
 * `1.*`, or `>=1.4`. Any one of them is enough; none at all means any version.
 */
export function versionServes(version: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matches(version, pattern));
}

function matches(version: string, pattern: string): boolean {
  if (pattern.startsWith('>=')) return compareVersions(version, pattern.slice(2).trim()) >= 0;
  if (!pattern.includes('*')) return version === pattern;
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  if (version.length < first.length + last.length || !version.startsWith(first) || !version.endsWith(last))
    return false;
  // Each text between two stars at its earliest place leaves the most room for the next: no pattern takes long.
  let at = first.length;
  for (const text of rest) {
    const found = version.indexOf(text, at);
    if (found === -1) return false;
    at = found + text.length;
  }
  return at <= version.length - last.length;
}

/**
 * Compares two versions part by part: runs of digits as numbers, all other characters as text. A version has no
 * documented order, so this is for those that have the usual one: 1.10 is after 1.9, 1.4.0 after 1.4, 1.4-rc1 before it.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareParts(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(version: string): string[] {
  return version.match(/\d+|[^\d._-]+/g) ?? [];
}

function compareParts(a: string | undefined, b: string | undefined): number {
  const difference = rankOf(a) - rankOf(b);
  if (difference !== 0) return Math.sign(difference);
  if (a === undefined || b === undefined || a === b) return 0;
  if (rankOf(a) < ranks.number) return a < b ? -1 : 1;
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What sort of part comes after which, where two versions differ. */
const ranks = { before: 0, end: 1, word: 2, number: 3 } as const;

function rankOf(part: string | undefined): number {
  if (part === undefined) return ranks.end;
  if (/^\d/.test(part)) return ranks.number;
  return /^(?:alpha|beta|rc|pre|dev|snapshot)$/i.test(part) ? ranks.before : ranks.word;
}
