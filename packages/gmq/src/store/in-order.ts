/** Merges rows that are each in the order of their ids into one such row of rows, reading no further than asked. */
export function* inOrder<T>(sources: readonly Iterable<T>[], idOf: (row: T) => number): Generator<T> {
  const open = sources.map((source) => source[Symbol.iterator]());
  try {
    const heads = open.map((source) => source.next());
    for (;;) {
      let first = -1;
      let smallest = Number.POSITIVE_INFINITY;
      for (let index = 0; index < heads.length; index++) {
        const head = heads[index];
        if (!head || head.done) continue;
        const id = idOf(head.value);
        if (id >= smallest) continue;
        first = index;
        smallest = id;
      }
      const head = heads[first];
      const source = open[first];
      if (!head || head.done || !source) return;
      yield head.value;
      heads[first] = source.next();
    }
  } finally {
    // A statement that is left in the middle would keep its read lock.
    for (const source of open) source.return?.();
  }
}
