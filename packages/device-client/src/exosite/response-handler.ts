import { maskKey } from '@gateway-engine/device-api';

/** What a call gives: whether it worked, and what came back. */
export class ResponseHandler<T = undefined> {
  /** Whether the platform answered as documented for a call that worked. */
  readonly success: boolean;
  /** HTTP status; 0 when there was no answer that could be understood as one. */
  readonly code: number;
  /** Body of the answer; empty when there was none. */
  readonly body: string;
  /** What the answer means, where the call has a result and worked. */
  readonly result: T | undefined;
  /** The platform's clock, seconds since 1970. */
  readonly date: number | undefined;
  /** Why it did not work, in one line without keys. */
  readonly error: string | undefined;

  constructor(
    answer: { readonly success: boolean; readonly code: number; readonly body: string },
    more: {
      readonly result?: T | undefined;
      readonly date?: number | undefined;
      readonly error?: string | undefined;
    } = {},
  ) {
    this.success = answer.success;
    this.code = answer.code;
    this.body = answer.body;
    this.result = more.result;
    this.date = more.date;
    this.error = more.error;
  }

  /** For logs: without keys. */
  toString(): string {
    const body = this.body.replace(/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/g, maskKey);
    const said = `Response code: ${this.code}, Response body: ${JSON.stringify(body)}, success: ${this.success}`;
    return this.error === undefined ? said : `${said}, error: ${this.error}`;
  }
}
