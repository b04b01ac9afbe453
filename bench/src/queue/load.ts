import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  /** At most this long, and at most this many requests. */
  readonly seconds: number;
  readonly requests?: number;
  /** From the start of one request of a connection to the next; without it, as soon as it is answered. */
  readonly everyMs?: number;
  /** Key of the device. */
  readonly device: string;
  /** One point in each request, or a batch of this many lines. */
  readonly form: 'record' | { readonly lines: number };
  /** Second of the first point. */
  readonly from: number;
}

export interface LoadResult {
  /** Requests answered 204. */
  readonly taken: number;
  /** Those answered otherwise. */
  readonly refused: number;
  readonly seconds: number;
  /** Latencies, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** Runs the load generator. Throws when a request was not taken: such figures mean nothing. */
export async function putLoad(plan: LoadPlan): Promise<LoadResult> {
  const entry = fileURLToPath(new URL('load-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [entry, JSON.stringify(plan)]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} of the requests were refused`);
  return result;
}
