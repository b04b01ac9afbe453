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
 * `name: value`, lines that start with `#` or `;` are comments, a line that is indented more than its option
 * continues the value, also after an empty line. An option or section given twice is taken once: the last value
 * counts.
 */
export function parseIni(text: string, syntax: IniSyntax): IniSections {
  const sections: IniSections = new Map();
  let section: Map<string, IniOption> | undefined;
  let option = '';
  for (const line of readLines(text.split(/\r\n|\n|\r/), syntax.inlineComments ?? [])) {
    const number = line.index + 1;
    if (line.kind === 'section') {
      section = sections.get(line.name) ?? new Map();
      sections.set(line.name, section);
    } else if (line.kind === 'option') {
      if (!section) throw new IniError(syntax.file, number, 'an option stands before the first [section]');
      option = line.name;
      section.delete(option);
      section.set(option, { value: line.value, line: number });
    } else if (line.kind === 'continuation') {
      const before = section?.get(option);
      const emptyLines = '\n'.repeat(line.emptyLinesBefore);
      if (before) section?.set(option, { ...before, value: `${before.value}\n${emptyLines}${line.value}` });
    } else {
      const problem = `expected [section] or name = value, found "${excerpt(line.value)}"`;
      throw new IniError(syntax.file, number, problem);
    }
  }
  return sections;
}

/** What is in the text of an INI file, for `--json`. The two quotes that stand for an empty value become one. */
export function iniObject(text: string, file: string): Record<string, Record<string, string>> {
  const sections = Array.from(parseIni(text, { file }), ([section, options]) => {
    const values = Array.from(options, ([name, { value }]) => [name, value === "''" ? '' : value] as const);
    return [section, Object.fromEntries(values)] as const;
  });
  return Object.fromEntries(sections);
}

/**
 * The text of an INI file with these sections and options. A line break in a value continues it, indented; the syntax
 * cannot hold blanks at the ends of a line, empty lines at the end of a value, nor a line after the first that
 * starts with `#` or `;`.
 */
export function formatIni(
  sections: Iterable<readonly [string, Iterable<readonly [option: string, value: string]>]>,
): string {
  return Array.from(sections, ([section, options]) => {
    const entries = Array.from(options, ([option, value]) => formatOption(option, value, ''));
    return `${[`[${section}]`, ...entries].join('\n')}\n`;
  }).join('\n');
}

/**
 * Sets one option in the text of an INI file and leaves every other line, comments included, as it is. The option
 * and the section are added when missing. Lines that cannot be read stay too.
 */
export function setIniOption(text: string, section: string, option: string, value: string): string {
  // Each line keeps its own line end.
  const lines = text.split(/(?<=\n|\r(?!\n))/);
  const place = findOption(lines, section, option.toLowerCase());
  if (place === undefined) {
    const before = text.trim() === '' ? '' : `${text.replace(/\n*$/, '\n')}\n`;
    return `${before}${formatIni([[section, [[option, value]]]])}`;
  }
  // A line further in than the option before it would continue that one, hence the same indentation.
  const indent = /^[^\S\r\n]*/.exec(lines[place.like] ?? '')?.[0] ?? '';
  const entry = `${formatOption(option, value, indent)}\n`;
  const [first, ...others] = place.replaced;
  if (first === undefined) {
    const before = lines[place.after] ?? '';
    if (!/[\r\n]$/.test(before)) lines[place.after] = `${before}\n`;
    lines.splice(place.after + 1, 0, entry);
  } else {
    lines[first] = entry;
    for (const continued of others) lines[continued] = '';
  }
  return lines.join('');
}

/** Where an option stands or would stand: the lines to replace, else the line to put it after. */
interface OptionPlace {
  replaced: number[];
  after: number;
  /** A line whose indentation fits. */
  like: number;
}

function findOption(lines: readonly string[], section: string, option: string): OptionPlace | undefined {
  let place: OptionPlace | undefined;
  let inSection = false;
  let inOption = false;
  let empty = false;
  for (const line of readLines(lines, [])) {
    if (place && inSection && line.kind === 'section' && empty) place.like = line.index;
    if (line.kind === 'section') {
      inSection = line.name === section;
      inOption = false;
      empty = true;
      // The last of several sections of one name is the one that counts.
      if (inSection) place = { replaced: place?.replaced ?? [], after: line.index, like: line.index };
    } else if (place && inSection) {
      if (line.kind === 'option') {
        inOption = line.name === option;
        if (inOption) place.replaced = [line.index];
        place.like = line.index;
        empty = false;
      } else if (line.kind === 'continuation' && inOption) place.replaced.push(line.index);
      place.after = line.index;
    }
  }
  if (place?.replaced[0] !== undefined) place.like = place.replaced[0];
  return place;
}

type IniLine = { readonly index: number } & (
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'option'; readonly name: string; readonly value: string }
  | { readonly kind: 'continuation'; readonly value: string; readonly emptyLinesBefore: number }
  | { readonly kind: 'unreadable'; readonly value: string }
);

/** The lines that say something, each with what it is. */
function* readLines(lines: readonly string[], inlineComments: readonly string[]): Generator<IniLine> {
  let optionIndent: number | undefined;
  let emptyLinesBefore = 0;
  for (const [index, raw] of lines.entries()) {
    if (/^\s*[#;]/.test(raw)) continue;
    const content = withoutInlineComment(raw, inlineComments);
    const value = content.trim();
    if (value === '') {
      if (raw.trim() === '') emptyLinesBefore++;
      continue;
    }
    const indent = content.length - content.trimStart().length;
    const header = /^\[([^\]]+)\]$/.exec(value)?.[1];
    // No expression for both sides: blanks on either side of a sign that is missing would be tried in every split.
    const sign = value.search(/[=:]/);
    if (optionIndent !== undefined && indent > optionIndent) {
      yield { index, kind: 'continuation', value, emptyLinesBefore };
    } else if (header !== undefined) {
      optionIndent = undefined;
      yield { index, kind: 'section', name: header };
    } else if (sign > 0) {
      optionIndent = indent;
      yield {
        index,
        kind: 'option',
        name: value.slice(0, sign).trimEnd().toLowerCase(),
        value: value.slice(sign + 1).trimStart(),
      };
    } else {
      yield { index, kind: 'unreadable', value };
    }
    emptyLinesBefore = 0;
  }
}

function formatOption(option: string, value: string, indent: string): string {
  const lines = `${option} = ${value}`.split(/\r\n|\n|\r/);
  return lines
    .map((line, index) => `${indent}${index > 0 && line !== '' ? '\t' : ''}${line}`.trimEnd())
    .join('\n');
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
