import type { IncomingMessage } from 'node:http';
import { decodeForm, FormError, isKey, maskKey } from '@gateway-engine/device-api';
import { parseContentRange } from './content-range.ts';
import { type CsvError, parseCsv } from './csv.ts';
import { DeviceApiError, ProtocolError } from './errors.ts';
import { parseHttpDate } from './http-date.ts';

export interface Reply {
  readonly status: number;
  /** The server's `Date` in seconds since 1970; undefined when it sent none. */
  readonly date: number | undefined;
}

export interface Values extends Reply {
  readonly values: Map<string, string>;
}

/** An answer that is completely here. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** For errors: `from SERVER to METHOD PATH`. */
  readonly place: string;
}

export function replyOf(answer: Pick<Answer, 'status' | 'headers'>): Reply {
  return { status: answer.status, date: parseHttpDate(answer.headers.date) };
}

export function valuesOf(answer: Answer): Values {
  return { ...replyOf(answer), values: answer.status === 204 ? new Map() : pairsOf(answer) };
}

function pairsOf(answer: Answer): Map<string, string> {
  const values = new Map<string, string>();
  for (const [alias, value] of formOf(answer)) {
    if (value === undefined)
      throw new ProtocolError(`an alias without a value in the answer ${answer.place}`);
    values.set(alias, value);
  }
  return values;
}

export function linesOf(answer: Answer): string[][] {
  try {
    return parseCsv(answer.text);
  } catch (cause) {
    throw new ProtocolError(`the answer ${answer.place} is not CSV`, { cause: cause as CsvError });
  }
}

/** The error of an answer that is not a documented success: status and the start of its text, keys masked. */
export function refusalOf(answer: Answer, secret: string | undefined): DeviceApiError {
  let text = answer.text.replaceAll(/[0-9A-Fa-f]{32,}/g, maskKey);
  if (secret) text = text.replaceAll(secret, maskKey(secret));
  text = text
    .replace(/^HTTP\/1\.1 (\d{3})\s*/, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 200);
  const said = text === '' ? '' : `: ${text}`;
  return new DeviceApiError(`status ${answer.status} ${answer.place}${said}`, answer.status, answer.text);
}

/** The key that an activation gives. */
export function keyOf(answer: Answer): string {
  const cik = answer.text.trim();
  if (!isKey(cik)) throw new ProtocolError(`no CIK of 40 lowercase hex digits in the answer ${answer.place}`);
  return cik;
}

export interface PolledPoint {
  readonly value: string;
  /** Time of the point, seconds since 1970: `since` of the next poll. */
  readonly modified: number;
  /** The server's clock, seconds since 1970. */
  readonly date: number;
}

/** Undefined when the time was over without a point. */
export function polledPoint(answer: Answer, alias: string): PolledPoint | undefined {
  if (answer.status !== 200) return undefined;
  const value = pairsOf(answer).get(alias);
  const modified = parseHttpDate(answer.headers['last-modified']);
  const { date } = replyOf(answer);
  if (value === undefined || modified === undefined || date === undefined) {
    const missing = value === undefined ? 'value' : modified === undefined ? 'Last-Modified' : 'Date';
    throw new ProtocolError(`no ${missing} in the answer ${answer.place}`);
  }
  return { value, modified, date };
}

export interface ContentInfo {
  contentType: string;
  size: number;
  /** Seconds since 1970. */
  updated: number;
  meta: string;
}

export function contentInfoOf(answer: Answer): ContentInfo {
  const [contentType, size, updated, meta] = linesOf(answer)[0] ?? [];
  if (contentType === undefined || !isCount(size) || !isCount(updated)) {
    throw new ProtocolError(`expected type, size, time, meta in the answer ${answer.place}`);
  }
  return { contentType, size: Number(size), updated: Number(updated), meta: meta ?? '' };
}

export function secondsOf(answer: Answer): number {
  const text = answer.text.trim();
  if (!isCount(text)) throw new ProtocolError(`no number in the answer ${answer.place}`);
  return Number(text);
}

/** The server's address and port, as six numbers joined by commas. */
export function addressOf(answer: Answer): { readonly address: string; readonly port: number } {
  const numbers = answer.text.trim().split(',').map(Number);
  if (numbers.length !== 6 || !numbers.every((each) => Number.isInteger(each) && each >= 0 && each <= 255)) {
    throw new ProtocolError(`no address in the answer ${answer.place}`);
  }
  const [high = 0, low = 0] = numbers.slice(4);
  return { address: numbers.slice(0, 4).join('.'), port: 256 * high + low };
}

/** The length of the whole content, when the answer's length headers agree with each other and with `from`. */
export function totalOf(answer: Omit<Answer, 'text'>, from: number): number {
  const length = answer.headers['content-length'];
  if (isCount(length)) {
    if (answer.status === 200) return Number(length);
    const range = parseContentRange(answer.headers['content-range']);
    const fits = range && range.first === from && range.last === range.total - 1;
    if (fits && Number(length) === range.last - range.first + 1) return range.total;
  }
  throw new ProtocolError(`wrong or missing length in the answer ${answer.place}`);
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text);
}

function formOf(answer: Answer) {
  try {
    return decodeForm(answer.text);
  } catch (cause) {
    if (!(cause instanceof FormError)) throw cause;
    throw new ProtocolError(`the answer ${answer.place} is not a form`, { cause });
  }
}
