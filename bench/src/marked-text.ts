import { readFile } from 'node:fs/promises';
import { UsageError, writeDurably } from '@gateway-engine/host';

/**
 * A part of a page that programs write: between the lines `<!-- NAME -->` and `<!-- /NAME -->`. Throws UsageError when
 * the page has no such lines.
 */
export async function changeMarkedText(
  page: URL,
  name: string,
  change: (before: string) => string,
): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const start = text.indexOf(open) + open.length;
  const end = text.indexOf(close);
  if (start < open.length || end < start) {
    throw new UsageError(`${page.pathname} has no lines ${open.trim()} and ${close} to write between`);
  }
  await writeDurably(page.pathname, text.slice(0, start) + change(text.slice(start, end)) + text.slice(end));
}

export function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |\n`;
}

export function tableHead(cells: readonly string[]): string {
  return tableRow(cells) + tableRow(cells.map(() => '---'));
}
