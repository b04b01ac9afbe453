/** A table in Markdown. Cells hold Markdown, in which a bar would end the cell and an opening angle bracket be markup. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`.replace(/ {2,}/g, ' '))
    .join('\n');
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replace(/<(?=[^`]*(?:`[^`]*`[^`]*)*$)/g, '&lt;');
}
