import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeError, IniError, type IniSections, parseIni } from '@gateway-engine/host';
import { ConfigError, type Position, ValueError } from './config-error.ts';
import { type Expansions, expand } from './expansion.ts';
import { acceptedValues } from './options/option.ts';
import { includeSection, type SectionKind } from './options/sections.ts';

export interface SourceOption extends Position {
  readonly value: string;
  /** Directory of the file it stands in: what `%(here)s` means there. */
  readonly here: string;
}

export interface Section extends Position {
  readonly name: string;
  readonly options: Map<string, SourceOption>;
}

export interface SectionsRead {
  readonly sections: Map<string, Section>;
  /** Things an operator should know that are no errors, such as an include pattern without a file. */
  readonly warnings: readonly string[];
  readonly included: readonly string[];
}

/**
 * Reads a configuration file and the files its [include] section names, but for those that `isIncluded` leaves out. A
 * section in two files is one section.
 */
export function readSections(
  file: string,
  expansions: Expansions,
  isIncluded: (file: string) => boolean = () => true,
): SectionsRead {
  const sections = new Map<string, Section>();
  const warnings: string[] = [];
  const included: string[] = [];
  const path = resolve(file);
  readInto(sections, path);
  const include = sections.get('include');
  if (include) {
    for (const pattern of includePatterns(include, expansions)) {
      const files = globSync(resolve(dirname(path), pattern)).sort();
      if (files.length === 0) warnings.push(`No file matches via include "${pattern}"`);
      for (const extra of files.filter(isIncluded)) {
        readInto(sections, extra);
        included.push(extra);
      }
    }
  }
  return { sections, warnings, included };
}

function includePatterns(include: Section, expansions: Expansions): string[] {
  return new SectionReader(include, includeSection, expansions).readRequired('files', (text) =>
    text.split(/\s+/).filter((pattern) => pattern !== ''),
  );
}

function readInto(sections: Map<string, Section>, file: string): void {
  addSections(sections, readText(file), file, dirname(file));
}

/** Adds the sections of a text. `here`: the directory that it stands in, or will. */
export function addSections(sections: Map<string, Section>, text: string, file: string, here: string): void {
  const lines = text.split(/\r\n|\n|\r/);
  for (const [name, options] of parse(text, file)) {
    const line = lines.findIndex((candidate) => candidate.trimStart().startsWith(`[${name}]`)) + 1;
    const section = sections.get(name) ?? { name, file, line, options: new Map() };
    sections.set(name, section);
    for (const [option, { value, line }] of options) section.options.set(option, { value, file, line, here });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ConfigError(`there is no configuration file ${file}`);
    throw new ConfigError(`cannot read the configuration file ${file}`, { cause });
  }
}

function parse(text: string, file: string): IniSections {
  try {
    return parseIni(text, { file, inlineComments: [';', '#'] });
  } catch (cause) {
    if (cause instanceof IniError) throw new ConfigError(cause.message, { cause });
    throw cause;
  }
}

export function at(position: Position): string {
  return position.line === 0 ? position.file : `${position.file}, line ${position.line}`;
}

/** The section with these options set otherwise, as from the command line: their values stand for themselves. */
export function withOverrides(section: Section, overrides: ReadonlyMap<string, string>): Section {
  const options = new Map(section.options);
  for (const [option, value] of overrides)
    options.set(option, {
      value: value.replaceAll('%', '%%'),
      file: 'command line',
      line: 0,
      here: process.cwd(),
    });
  return { ...section, options };
}

/** Gives the options of one section as typed values; refuses options that its kind does not have. */
export class SectionReader {
  readonly #section: Section;
  readonly #kind: SectionKind;
  #expansions: Expansions;

  constructor(section: Section, kind: SectionKind, expansions: Expansions) {
    this.#section = section;
    this.#kind = kind;
    this.#expansions = expansions;
    const known = kind.options.map((option) => option.name);
    for (const [option, position] of section.options) {
      if (!known.includes(option))
        throw new ConfigError(
          `${at(position)}: [${section.name}] ${option}: unknown option; known are ${known.join(', ')}`,
        );
    }
  }

  /** A reader of the same section that knows more expansions. */
  withExpansions(more: Expansions): SectionReader {
    return new SectionReader(this.#section, this.#kind, { ...this.#expansions, ...more });
  }

  /** The option's value after expansion and `parse`; `fallback` when it is not set. */
  read<T>(option: string, parse: (text: string) => T, fallback: T): T {
    const source = this.#section.options.get(option);
    if (!source) return fallback;
    try {
      return parse(expand(source.value, { ...this.#expansions, here: source.here }));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw this.problem(option, `${describeError(error)}${this.#accepted(option, '; accepted: ')}`);
    }
  }

  readRequired<T>(option: string, parse: (text: string) => T): T {
    if (this.has(option)) return this.read<T | undefined>(option, parse, undefined) as T;
    throw this.problem(option, `is missing; give${this.#accepted(option, ' ')}`);
  }

  text(option: string): string | undefined {
    return this.read<string | undefined>(option, (text) => text, undefined);
  }

  /** As it stands in the file, before expansion. */
  source(option: string): string | undefined {
    return this.#section.options.get(option)?.value;
  }

  has(option: string): boolean {
    return this.#section.options.has(option);
  }

  /** A problem of an option, or of the section when the option is not set. */
  problem(option: string, problem: string): ConfigError {
    const source = this.#section.options.get(option);
    return new ConfigError(`${at(source ?? this.#section)}: [${this.#section.name}] ${option}: ${problem}`);
  }

  #accepted(option: string, before: string): string {
    const type = this.#kind.options.find((candidate) => candidate.name === option)?.type;
    return type === undefined ? '' : `${before}${acceptedValues[type]}`;
  }
}
