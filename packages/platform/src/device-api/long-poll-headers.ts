import { limits } from '@gateway-engine/device-api';

/**
 * `Request-Timeout`: a positive whole number of milliseconds, at most the longest wait there is. Undefined when it is
 * something else.
 */
export function parseWait(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Math.min(Number(text), limits.longPollMs) || undefined;
}

/**
 * `If-Modified-Since`, where a long poll starts: seconds since 1970 as a number, or an HTTP date in any of its three
 * forms (RFC 9110 section 5.6.7). Undefined when there is none.
 */
export function parseStart(text: string | undefined): number | undefined | 'malformed' {
  if (text === undefined) return undefined;
  if (/^-?\d{1,15}(?:\.\d*)?$/.test(text)) return Math.floor(Number(text));
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return 'malformed';
  const ms = Date.parse(/ GMT$/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(ms) ? 'malformed' : Math.floor(ms / 1000);
}
