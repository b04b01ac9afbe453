import { DeviceApiError } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';

/** What the platform's answer to an upload means for the points in it. */
export type Verdict =
  /** Nothing is wrong with the points: the network, the platform or its load. Try again soon. */
  | { readonly kind: 'later'; readonly reason: string }
  /** At least one of the points will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The key does not count (any more). */
  | { readonly kind: 'unauthorised'; readonly reason: string };

const refusals = new Set([400, 409, 413, 415]);

export function judgeUpload(error: unknown): Verdict {
  const reason = describeError(error);
  if (!(error instanceof DeviceApiError)) return { kind: 'later', reason };
  if (error.status === 401) return { kind: 'unauthorised', reason };
  return { kind: refusals.has(error.status) ? 'refused' : 'later', reason };
}

/** Whether an activation failed for a reason that only an operator can remove, so that haste is of no use. */
export function isActivationRefused(error: unknown): boolean {
  return error instanceof DeviceApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
}
