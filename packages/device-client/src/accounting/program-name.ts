import { basename, extname } from 'node:path';

const longest = 60;

/** The name of the running program: of its script, else of its executable; without the extension. */
export function programName(argv: readonly string[] = process.argv): string {
  const path = argv[1] ?? argv[0] ?? '';
  const name = basename(path, extname(path));
  return printable(name) || 'unknown';
}

/** A name as it is stored: one line, not too long. */
export function printable(name: string): string {
  return name
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, longest);
}
