/**
 * The candidate that was probably meant by a mistyped word: the one that is fewest edits away, when that is less than
 * half of the word. The first of several. A candidate that the word begins counts as one edit.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(3, Math.ceil(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const begun = word.length > 1 && candidate.startsWith(word);
    const edits = begun ? 1 : editsBetween(word.slice(0, 100), candidate);
    if (edits >= fewest || edits * 2 > Math.max(word.length, candidate.length)) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}

/** Letters to insert, delete or replace, or neighbours to swap (the optimal string alignment distance). */
export function editsBetween(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let column = 1; column <= other.length; column++) {
      const same = one[line - 1] === other[column - 1] ? 0 : 1;
      let edits = Math.min(
        (next[column - 1] ?? 0) + 1,
        (row[column] ?? 0) + 1,
        (row[column - 1] ?? 0) + same,
      );
      const swapped =
        line > 1 && column > 1 && one[line - 1] === other[column - 2] && one[line - 2] === other[column - 1];
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1);
      next.push(edits);
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? 0;
}
