import type { FileHandle } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';

/** What a call is answered with. `Date`, `Content-Length` and, when the connection ends, `Connection` are added. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | FilePart;
  /** Ends the connection after this answer. */
  readonly close?: boolean;
}

/** A part of an open file. Whoever sends it closes it. */
export interface FilePart {
  readonly file: FileHandle;
  readonly start: number;
  readonly length: number;
}

/** Ends a call with an error answer. */
export class Refusal extends Error {
  readonly code = 'REFUSED';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly close: boolean;

  constructor(status: number, options: { headers?: Record<string, string>; close?: boolean } = {}) {
    super(statusLine(status));
    this.status = status;
    this.headers = options.headers ?? {};
    this.close = options.close ?? false;
  }
}

export const noContent: Answer = { status: 204 };

/** An error's body is the text of its status line: clients compare it, or look at its start (spec section 2.2). */
export function errorAnswer(refusal: Pick<Refusal, 'status' | 'headers' | 'close'>): Answer {
  return {
    status: refusal.status,
    headers: { 'Content-Type': 'text/plain', ...refusal.headers },
    body: `${statusLine(refusal.status)}\r\n`,
    close: refusal.close,
  };
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
}
