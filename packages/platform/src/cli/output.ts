import type { Writable } from 'node:stream';
import { coloursOf } from '@gateway-engine/host/command-line';

/** Writes data as people read it, or with `--json` as programs do. */
export interface Output {
  /** The data as JSON, or the lines. */
  show(data: unknown, lines: readonly string[]): void;
}

export function createOutput(json: boolean, stream: Writable): Output {
  return {
    show(data, lines) {
      const text = json ? JSON.stringify(data, null, 2) : lines.join('\n');
      if (text !== '') stream.write(`${text}\n`);
    },
  };
}

/**
 * Columns under their headings, aligned by blanks; no blanks at the end of a line. Cells are made printable, and the
 * headings bold on a terminal.
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows.map((row) => row.map(printable))];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  const [heading = '', ...lines] = all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
  return [coloursOf(process.stdout).bold(heading), ...lines];
}

/** `name: value` lines with the values aligned. */
export function fields(entries: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length + 1));
  return entries.map(([name, value]) => `${`${name}:`.padEnd(width)} ${printable(value)}`);
}

/**
 * A text on one line without control characters: values come from devices, and a terminal obeys what is printed.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

/** A text of at most `length` characters; what is cut shows as an ellipsis. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text.slice(0, length * 4));
  return characters.length > length || text.length > length * 4
    ? `${characters.slice(0, length - 1).join('')}…`
    : text;
}

/** `2026-01-31 12:00:05Z` */
export function showTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return String(seconds);
  return time.toISOString().replace('T', ' ').replace('.000', '');
}

/** How long ago, in its largest unit: `12 s ago`. */
export function showAge(seconds: number, now: number): string {
  const age = now - seconds;
  if (age < 0) return 'in the future';
  if (age < 120) return `${age} s ago`;
  if (age < 2 * 3600) return `${Math.floor(age / 60)} min ago`;
  if (age < 2 * 86_400) return `${Math.floor(age / 3600)} h ago`;
  return `${Math.floor(age / 86_400)} days ago`;
}

export function showBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let amount = bytes / 1024;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount.toFixed(1)} ${units[unit]}`;
}

/** Columns on a terminal: wide characters of East Asian scripts and emoji take two, combining marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
