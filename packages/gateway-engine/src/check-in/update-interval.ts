import { checkInInterval, longestInterval } from '../configuration/engine-config.ts';

export type IntervalRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'seconds'; readonly seconds: number }
  | { readonly kind: 'bad'; readonly problem: string };

/** What the newest value of `update_interval` says. */
export function readInterval(value: string | undefined): IntervalRead {
  const text = value?.trim();
  if (text === undefined || text === '') return { kind: 'none' };
  const result = checkInInterval.safeParse(text);
  if (result.success) return { kind: 'seconds', seconds: result.data };
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return {
    kind: 'bad',
    problem: `update_interval ${JSON.stringify(shown)} is no whole number of seconds from 1 to ${longestInterval} (31 days); it was ignored`,
  };
}
