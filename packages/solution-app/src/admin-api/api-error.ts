import { parsedJson } from '../parsed-json.ts';

/** An answer of the admin API that is not the documented success, or none at all, in words for the operator. */
export class ApiError extends Error {
  readonly code: 'UNREACHABLE' | 'REFUSED' | 'SESSION_ENDED';
  /** Undefined when no answer came. */
  readonly status: number | undefined;

  constructor(code: ApiError['code'], message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export function unreachable(cause?: unknown): ApiError {
  return new ApiError(
    'UNREACHABLE',
    'The platform does not answer. Check that gwe-platform is running and that this computer can reach it.',
    undefined,
    { cause },
  );
}

/** The error of an answer with this status and body. */
export function refusal(status: number, body: string): ApiError {
  if (status === 401) return new ApiError('SESSION_ENDED', 'Your session has ended. Log in again.', status);
  const said = messageIn(body);
  if (said !== undefined) return new ApiError('REFUSED', asSentence(said), status);
  const words: Record<number, string> = {
    404: 'The platform does not know this address. The page may be older than the platform: reload it.',
    413: 'The platform refuses a file of this size.',
    502: 'A proxy in front of the platform gets no answer from it.',
    503: 'The platform is busy or starting. Try again in a moment.',
    507: 'The disk of the platform is full. Delete content that is not needed, or make room.',
  };
  const why = words[status] ?? 'The log of the platform says more.';
  return new ApiError('REFUSED', `The platform answered with status ${status}. ${why}`, status);
}

/** The platform's messages are made for the end of a line in a terminal: no capital, no full stop. */
function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function messageIn(body: string): string | undefined {
  // Not always the admin API's own answer: it may be a proxy's page.
  const json = parsedJson(body);
  if (typeof json !== 'object' || json === null || !('error' in json)) return undefined;
  const { error } = json;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' && error.message !== '' ? error.message : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
