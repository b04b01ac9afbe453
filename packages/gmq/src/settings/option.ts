import type { IniSections } from '@gateway-engine/host';
import type { z } from 'zod';

/** One option of a configuration file: where it stands, what it may be, and what counts when it is not there. */
export interface Option<T> {
  readonly section: string;
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** What counts without it, as it would stand in the file; empty: nothing. */
  readonly preset: string;
  readonly missing: T;
  /** Whether a change counts from the next start only; the others follow `gmq reread`. */
  readonly fromStart: boolean;
}

/** A configuration file that cannot be followed: where, what, and what would be right. */
export class SettingsError extends Error {
  readonly code = 'GMQ_CFG';
}

export function option<T>(
  section: string,
  name: string,
  schema: z.ZodType<T>,
  preset: string,
  { fromStart = false } = {},
): Option<T> {
  return { section, name, schema, preset, missing: schema.parse(preset), fromStart };
}

/** An option that may well be left unset. */
export function optional<T>(
  section: string,
  name: string,
  schema: z.ZodType<T>,
  { fromStart = false } = {},
): Option<T | undefined> {
  return { section, name, schema, preset: '', missing: undefined, fromStart };
}

/** The documented files write an option that is not set as two quote characters. */
export const unset = "''";

export function isUnset(text: string | undefined): boolean {
  return text === undefined || text === '' || text === unset;
}

/** The value of an option in a file. Throws SettingsError. */
export function readOption<T>(sections: IniSections, file: string, asked: Option<T>): T {
  const { section, name, schema, missing } = asked;
  const given = sections.get(section)?.get(name);
  if (given === undefined || isUnset(given.value)) return missing;
  return parseValue(given.value, schema, {
    where: given.line > 0 ? `${file}, line ${given.line}` : file,
    section,
    name,
  });
}

/** Throws SettingsError. */
export function parseValue<T>(
  value: string,
  schema: z.ZodType<T>,
  { where, section, name }: { where: string; section: string; name: string },
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = result.error.issues[0]?.message ?? 'not understood';
  throw new SettingsError(`${where}: [${section}] ${name} = ${value}: ${problem}`);
}

/** What a file of settings may hold, as the commands that read and change it need to know. */
export interface SettingsKind {
  /** All options, to be listed with their defaults when there is no file. */
  readonly options: readonly Option<unknown>[];
  /** The value in force for an option that the file does not have, as it would stand there; undefined: unknown. */
  readonly defaultOption: (section: string, name: string) => string | undefined;
  /** Throws SettingsError. */
  readonly checkOption: (section: string, name: string, value: string, file: string) => void;
}

export function findOption(
  known: readonly Option<unknown>[],
  section: string,
  name: string,
): Option<unknown> | undefined {
  return known.find((one) => one.section === section && one.name === name);
}

/** Options of the file that mean nothing here: misspelt ones, or those of another version. They are said, not fatal. */
export function unknownOptions(
  sections: IniSections,
  isKnown: (section: string, name: string) => boolean,
): string[] {
  return [...sections].flatMap(([section, options]) =>
    [...options.keys()].filter((name) => !isKnown(section, name)).map((name) => `[${section}] ${name}`),
  );
}

/** Checks one value before it is written. Throws SettingsError. */
export function checkValue(
  known: readonly Option<unknown>[],
  section: string,
  name: string,
  value: string,
  file: string,
): void {
  const asked = findOption(known, section, name);
  if (asked === undefined) {
    const all = known.map((one) => `[${one.section}] ${one.name}`);
    throw new SettingsError(`there is no option [${section}] ${name}; known are ${all.join(', ')}`);
  }
  readOption(new Map([[section, new Map([[name, { value, line: 0 }]])]]), file, asked);
}
