/** A request that was answered, or whose client went away before that. */
export interface AnsweredRequest {
  readonly api: 'device' | 'admin';
  readonly method: string;
  /** As a template, never the path itself: of a bounded number, and without anybody's name or key. */
  readonly route: string;
  readonly status: number | 'gone';
  readonly durationMs: number;
  /** Bytes of a file that were sent with the answer. */
  readonly fileBytes?: number;
  /** It waits as long as its client wants: how long it took says nothing. */
  readonly isLongPoll?: boolean;
}

/** Where the parts of the platform say what they do, for its metrics. */
export interface Observer {
  answered(request: AnsweredRequest): void;
  /** A gateway has written this as its `fetch_status`. */
  statusTold(text: string): void;
}

/** A path that no route has. */
export const noRoute = 'none';

const usualMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/** Clients may send what they like as a method. */
export function methodLabel(method: string | undefined): string {
  return method !== undefined && usualMethods.has(method) ? method : 'other';
}
