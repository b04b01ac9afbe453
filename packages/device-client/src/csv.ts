/** A CSV text that cannot be read. */
export class CsvError extends Error {
  readonly code = 'CSV_SYNTAX';
}

/**
 * Reads comma-separated lines: CRLF or LF between them, none needed after the last, fields quoted where they hold a
 * comma, a quote (doubled) or a line break (RFC 4180). Empty lines are skipped. Throws CsvError on an open quote.
 */
export function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
    fields.push(field.value);
    at = field.end;
    if (text[at] === ',') {
      at++;
      if (at === text.length) fields.push('');
      else continue;
    }
    if (fields.length > 1 || fields[0] !== '') lines.push(fields);
    fields = [];
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return lines;
}

function plainField(text: string, start: number): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && !text.startsWith('\r\n', end)) end++;
  return { value: text.slice(start, end), end };
}

function quotedField(text: string, start: number): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) throw new CsvError('a quoted field has no end');
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      // Lenient: text after the closing quote belongs to the field, as plain text.
      const rest = plainField(text, quote + 1);
      return { value: value + rest.value, end: rest.end };
    }
    value += '"';
    at = quote + 2;
  }
}
