/** A number from 0 up to but not 1 that depends on nothing but these words: same words, same number, everywhere. */
export function chance(...words: readonly (string | number)[]): number {
  // FNV-1a, then the finalizer of MurmurHash3, so that words which differ in their end alone are far apart too.
  let hash = 0x811c9dc5;
  const text = words.join('\n');
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One of the values, by its weight. */
export function pick<T>(weighted: readonly (readonly [value: T, weight: number])[], at: number): T {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  let left = at * total;
  for (const [value, weight] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('there is nothing to pick from');
}

/**
 * Noise that is smooth in time, from -1 to 1: between two moments of `stepSeconds` it goes evenly from one number to the
 * next. Its value at any second can be told without those before.
 */
export function smoothNoise(series: string, ts: number, stepSeconds: number): number {
  const step = Math.floor(ts / stepSeconds);
  const part = ts / stepSeconds - step;
  const eased = part * part * (3 - 2 * part);
  const [before, after] = [chance(series, stepSeconds, step), chance(series, stepSeconds, step + 1)];
  return 2 * (before + (after - before) * eased) - 1;
}
