import { parsedJson } from '../parsed-json.ts';

/**
 * Reports are text that a gateway wrote: hostile until read. Reading one never throws; what cannot be read is kept as
 * text, so that a person can see what the gateway sent.
 */
export type Report<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly raw: string };

export type JsonObject = Readonly<Record<string, unknown>>;

/** More than this is not parsed: a report is some kilobytes, and this runs at every poll. */
const MAX_REPORT = 256 * 1024;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A finite number, given as a number or as its text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() === '') return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Text of a text or a number, `''` for anything else. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Parses JSON and reads it with `read`, which answers a text saying what is wrong when the shape is not understood. */
export function readReport<T extends object>(
  text: string | null | undefined,
  read: (json: JsonObject) => T | string,
): Report<T> {
  if (text === null || text === undefined || text.trim() === '') return { kind: 'none' };
  const unreadable = (reason: string): Report<T> => ({ kind: 'unreadable', reason, raw: text });
  if (text.length > MAX_REPORT) return unreadable(`it is ${text.length} characters long`);
  const json = parsedJson(text);
  if (json === undefined) return unreadable('it is not JSON');
  if (!isObject(json)) return unreadable('it is JSON, but not an object');
  const value = read(json);
  return typeof value === 'string' ? unreadable(value) : { kind: 'read', value };
}
