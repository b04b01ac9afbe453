/** Words in columns of a terminal `width` wide, down and then across, in as few rows as will do. */
export function inColumns(words: readonly string[], width: number): string[] {
  for (let rows = 1; rows <= words.length; rows++) {
    const columns = Array.from({ length: Math.ceil(words.length / rows) }, (_, column) =>
      words.slice(column * rows, (column + 1) * rows),
    );
    const widths = columns.map((column) => Math.max(...column.map((word) => word.length)));
    const total = widths.reduce((sum, each) => sum + each, 2 * (widths.length - 1));
    if (total > width && rows < words.length) continue;
    return Array.from({ length: rows }, (_, row) =>
      columns.flatMap((column, index) => column[row]?.padEnd(widths[index] ?? 0) ?? []).join('  '),
    );
  }
  return [];
}

/** What `help` without a topic prints. */
export function topicLines(names: readonly string[]): string[] {
  const header = 'default commands (type help <topic>):';
  return ['', header, '='.repeat(header.length), ...inColumns([...names].sort(), 79), ''];
}
