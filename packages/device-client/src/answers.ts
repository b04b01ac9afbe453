import type { IncomingMessage } from 'node:http';
import { decodeForm, FormError, maskKey } from '@gateway-engine/device-api';
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

export function pairsOf(answer: Answer): Map<string, string> {
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
  return new DeviceApiError(`status ${answer.status} ${answer.place}${said}`, answer.status);
}

function formOf(answer: Answer) {
  try {
    return decodeForm(answer.text);
  } catch (cause) {
    if (!(cause instanceof FormError)) throw cause;
    throw new ProtocolError(`the answer ${answer.place} is not a form`, { cause });
  }
}
