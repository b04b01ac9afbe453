import { statSync } from 'node:fs';
import { homedir, constants as osConstants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ValueError } from './config-error.ts';

const truthy = ['yes', 'true', 'on', '1'];
const falsy = ['no', 'false', 'off', '0'];

export function parseBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (truthy.includes(word)) return true;
  if (falsy.includes(word)) return false;
  throw new ValueError(`"${text}" is neither true nor false`);
}

export type AutoRestart = 'always' | 'never' | 'unexpected';

export function parseAutoRestart(text: string): AutoRestart {
  const word = text.toLowerCase();
  if (truthy.includes(word)) return 'always';
  if (falsy.includes(word)) return 'never';
  if (word === 'unexpected') return 'unexpected';
  throw new ValueError(`"${text}" is no restart rule`);
}

export function parseInteger(text: string): number {
  const number = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new ValueError(`"${text}" is not a whole number`);
  return number;
}

/** A count or a number of seconds. */
export function parseCount(text: string): number {
  const number = parseInteger(text);
  if (number < 0) throw new ValueError(`${text} is less than 0`);
  return number;
}

const byteUnits: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Bytes, with an optional KB, MB or GB, each 1024 times the one before. */
export function parseByteSize(text: string): number {
  const match = /^(\d+)\s*([kmg]b)?$/i.exec(text.trim());
  const size = match ? Number(match[1]) * (byteUnits[(match[2] ?? '').toLowerCase()] ?? 1) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new ValueError(`"${text}" is not a size`);
  return size;
}

/** A signal by name, with or without SIG, or by number. */
export function parseSignal(text: string): NodeJS.Signals {
  const signals = osConstants.signals;
  const word = text.trim().toUpperCase();
  for (const [name, number] of Object.entries(signals)) {
    if (name === word || name === `SIG${word}` || String(number) === word) return name as NodeJS.Signals;
  }
  throw new ValueError(`"${text}" is not a signal`);
}

export function parseExitCodes(text: string): readonly number[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const code = parseInteger(part.trim());
    if (code < 0 || code > 255) throw new ValueError(`exit code ${code} is not between 0 and 255`);
    return code;
  });
}

export function parseOctal(text: string): number {
  if (!/^(0o?)?[0-7]{1,4}$/.test(text)) throw new ValueError(`"${text}" is not an octal number`);
  return Number.parseInt(text.replace(/^0o/, ''), 8);
}

/** Names that may become part of `group:process` and of an address. */
export function parseName(text: string): string {
  const name = text.trim();
  const bad = /[\s:/]/.exec(name)?.[0];
  if (bad !== undefined) throw new ValueError(`the name "${name}" may not contain "${bad}"`);
  if (name === '') throw new ValueError('the name is empty');
  return name;
}

export function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function absolutePath(text: string): string {
  const path = text.trim();
  if (path === '') throw new ValueError('the path is empty');
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return resolve(path);
}

/** A file that may be made: its directory must exist. */
export function parseFilePath(text: string): string {
  const path = absolutePath(text);
  if (!isDirectory(dirname(path)))
    throw new ValueError(`the directory of ${path} does not exist; make it first`);
  return path;
}

export function parseExistingDirectory(text: string): string {
  const path = absolutePath(text);
  if (!isDirectory(path)) throw new ValueError(`${path} is not an existing directory`);
  return path;
}

export function oneOf<const T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text.toLowerCase());
    if (found === undefined) throw new ValueError(`"${text}" is not known`);
    return found;
  };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
