/** A line of an INI file that cannot be read. */
export class IniError extends Error {
  readonly code = 'INI_SYNTAX';
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, problem: string) {
    super(`${file}, line ${line}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

export interface IniOption {
  readonly value: string;
  /** Line of the file, from 1. */
  readonly line: number;
}

/** Section name to option name to option, in the order of the file. Option names are in lower case. */
export type IniSections = Map<string, Map<string, IniOption>>;

export interface IniSyntax {
  /** Shown in errors. */
  file: string;
  /** Characters that start a comment after a blank within a line; none by default. */
  inlineComments?: readonly string[];
}

/**
 * Reads the INI dialect of Python's ConfigParser, which the documented files are written in: `name = value` or
 * `name: value`, lines that start with `#` or `;` are comments, an indented line continues the value before it.
 * An option or section given twice is taken once: the last value counts.
 */
export function parseIni(text: string, syntax: IniSyntax): IniSections {
  const sections: IniSections = new Map();
  let section: Map<string, IniOption> | undefined;
  let open: string | undefined;
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = index + 1;
    if (/^\s*[#;]/.test(raw)) return;
    const content = withoutInlineComment(raw, syntax.inlineComments ?? []).trimEnd();
    if (content.trim() === '') {
      if (raw.trim() === '') open = undefined;
      return;
    }
    if (/^\s/.test(content) && section && open !== undefined) {
      const before = section.get(open);
      if (before) section.set(open, { value: `${before.value}\n${content.trim()}`, line: before.line });
      return;
    }
    const trimmed = content.trim();
    const header = /^\[([^\]]+)\]$/.exec(trimmed);
    if (header?.[1] !== undefined) {
      section = sections.get(header[1]) ?? new Map();
      sections.set(header[1], section);
      open = undefined;
      return;
    }
    const option = /^([^=:]+?)\s*[=:]\s*([\s\S]*)$/.exec(trimmed);
    if (option?.[1] === undefined) {
      throw new IniError(
        syntax.file,
        line,
        `expected [section] or name = value, found "${excerpt(trimmed)}"`,
      );
    }
    if (!section) throw new IniError(syntax.file, line, 'an option stands before the first [section]');
    open = option[1].toLowerCase();
    section.delete(open);
    section.set(open, { value: option[2] ?? '', line });
  });
  return sections;
}

/** The text of an INI file with these sections and options. A line break in a value continues it, indented. */
export function formatIni(
  sections: Iterable<readonly [string, Iterable<readonly [option: string, value: string]>]>,
): string {
  const parts: string[] = [];
  for (const [section, options] of sections) {
    const lines = [`[${section}]`];
    for (const [option, value] of options)
      lines.push(`${option} = ${value.replace(/\r\n|\n|\r/g, '\n\t')}`.trimEnd());
    parts.push(`${lines.join('\n')}\n`);
  }
  return parts.join('\n');
}

/**
 * Sets one option in the text of an INI file and leaves every other line, comments included, as it is. The option
 * and the section are added when missing.
 */
export function setIniOption(text: string, section: string, option: string, value: string): string {
  const lines = text.split('\n');
  const entry = `${option} = ${value}`;
  const header = lines.findIndex((line) => line.trim() === `[${section}]`);
  if (header === -1) {
    const before = text.trim() === '' ? '' : `${text.replace(/\n*$/, '\n')}\n`;
    return `${before}[${section}]\n${entry}\n`;
  }
  let end = lines.findIndex((line, index) => index > header && line.startsWith('['));
  if (end === -1) end = lines.length;
  const wanted = option.toLowerCase();
  for (let index = end - 1; index > header; index--) {
    const name = /^([^#;\s=:][^=:]*?)\s*[=:]/.exec(lines[index] ?? '')?.[1];
    if (name?.toLowerCase() !== wanted) continue;
    let next = index + 1;
    while (next < end && /^\s+\S/.test(lines[next] ?? '')) next++;
    lines.splice(index, next - index, entry);
    return lines.join('\n');
  }
  let last = end - 1;
  while (last > header && (lines[last] ?? '').trim() === '') last--;
  lines.splice(last + 1, 0, entry);
  const result = lines.join('\n');
  return result.endsWith('\n') ? result : `${result}\n`;
}

function withoutInlineComment(line: string, prefixes: readonly string[]): string {
  let end = line.length;
  for (const prefix of prefixes) {
    for (let at = line.indexOf(prefix); at !== -1; at = line.indexOf(prefix, at + 1)) {
      if (at === 0 || /\s/.test(line[at - 1] ?? '')) {
        end = Math.min(end, at);
        break;
      }
    }
  }
  return line.slice(0, end);
}

function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
