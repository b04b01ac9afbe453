import type { Answer } from './answers.ts';
import { DeviceApiError, ProtocolError } from './errors.ts';

/** A procedure of the JSON RPC with its arguments. */
export interface RpcCall {
  readonly procedure: string;
  readonly arguments: readonly unknown[];
}

/** Act as another client below the key's own, by its RID, or as the owner of a resource. */
export interface RpcOptions {
  readonly clientId?: string | undefined;
  readonly resourceId?: string | undefined;
}

export interface RpcResult {
  /** `ok`, or a word for what went wrong: `invalid`, `restricted`, `fail`... */
  readonly status: string;
  /** Undefined where a procedure gives nothing. */
  readonly result: unknown;
  /** What the server says beside the word. */
  readonly error: unknown;
}

/** The results in the order of the calls. Throws DeviceApiError when the request as a whole was refused. */
export function rpcResults(answer: Answer, calls: number): RpcResult[] {
  const value = answer.status === 204 ? [] : parse(answer);
  if (!Array.isArray(value)) throw refusal(answer, value);
  const byId = new Map<unknown, RpcResult>();
  for (const entry of value) {
    if (isObject(entry) && typeof entry.status === 'string') {
      byId.set(entry.id, { status: entry.status, result: entry.result, error: entry.error });
    }
  }
  return Array.from({ length: calls }, (_, id) => {
    const result = byId.get(id);
    if (!result) throw new ProtocolError(`no result of call ${id + 1} in the answer ${answer.place}`);
    return result;
  });
}

function parse(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new ProtocolError(`the answer ${answer.place} is not JSON`, {
      cause: new Error(cause instanceof Error ? cause.name : String(cause)),
    });
  }
}

function refusal(answer: Answer, value: unknown): Error {
  const error = isObject(value) && isObject(value.error) ? value.error : {};
  if (typeof error.code !== 'number') return new ProtocolError(`no results in the answer ${answer.place}`);
  const said = [error.message, error.context].filter((text) => typeof text === 'string').join(', ');
  return new DeviceApiError(
    `error ${error.code} ${answer.place}: ${said.slice(0, 100)}`,
    error.code,
    answer.text,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
