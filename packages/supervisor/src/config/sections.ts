import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeError, IniError, type IniSections, parseIni } from '@gateway-engine/host';
import { ConfigError, type Position, ValueError } from './config-error.ts';
import { type Expansions, expand } from './expansion.ts';

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

/** Reads a configuration file and the files its [include] section names. A section in two files is one section. */
export function readSections(file: string, expansions: Expansions): SectionsRead {
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
      for (const extra of files) {
        readInto(sections, extra);
        included.push(extra);
      }
    }
  }
  return { sections, warnings, included };
}

function includePatterns(include: Section, expansions: Expansions): string[] {
  const files = include.options.get('files');
  const unknown = [...include.options].find(([option]) => option !== 'files');
  if (unknown) throw new ConfigError(`${at(unknown[1])}: [include] ${unknown[0]}: unknown option; use files`);
  if (!files) throw new ConfigError(`${at(include)}: [include] needs files = PATTERN...`);
  try {
    return expand(files.value, { ...expansions, here: files.here })
      .split(/\s+/)
      .filter((pattern) => pattern !== '');
  } catch (error) {
    throw problemOf(include, 'files', files, error);
  }
}

function readInto(sections: Map<string, Section>, file: string): void {
  const here = dirname(file);
  const text = readText(file);
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
  return `${position.file}, line ${position.line}`;
}

function problemOf(section: Section, option: string, position: Position, error: unknown): unknown {
  if (!(error instanceof ValueError)) return error;
  return new ConfigError(`${at(position)}: [${section.name}] ${option}: ${describeError(error)}`);
}

/** Gives the options of one section as typed values; refuses options it was not told about. */
export class SectionReader {
  readonly #section: Section;
  #expansions: Expansions;

  constructor(section: Section, known: readonly string[], expansions: Expansions) {
    this.#section = section;
    this.#expansions = expansions;
    for (const [option, position] of section.options) {
      if (!known.includes(option))
        throw new ConfigError(
          `${at(position)}: [${section.name}] ${option}: unknown option; known are ${known.join(', ')}`,
        );
    }
  }

  addExpansions(more: Expansions): void {
    this.#expansions = { ...this.#expansions, ...more };
  }

  /** The option's value after expansion and `parse`; `fallback` when it is not set. */
  read<T>(option: string, parse: (text: string) => T, fallback: T): T {
    const source = this.#section.options.get(option);
    if (!source) return fallback;
    try {
      return parse(expand(source.value, { ...this.#expansions, here: source.here }));
    } catch (error) {
      throw problemOf(this.#section, option, source, error);
    }
  }

  text(option: string): string | undefined {
    return this.read<string | undefined>(option, (text) => text, undefined);
  }

  has(option: string): boolean {
    return this.#section.options.has(option);
  }

  /** A problem of an option, or of the section when the option is not set. */
  problem(option: string, problem: string): ConfigError {
    const source = this.#section.options.get(option);
    return new ConfigError(`${at(source ?? this.#section)}: [${this.#section.name}] ${option}: ${problem}`);
  }
}
