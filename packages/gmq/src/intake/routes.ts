import { normalisePath, paths } from '@gateway-engine/device-api';
import type { Headers } from '../http/head.ts';
import { Refusal } from './refusal.ts';

/** Calls that bring points. */
export type DataRoute =
  | { readonly kind: 'write' }
  | { readonly kind: 'record' }
  /** The older form: the alias is in the path. */
  | { readonly kind: 'record of alias'; readonly alias: string };

export type Route =
  | DataRoute
  | { readonly kind: 'activate' }
  /** Ours: many records in one request. */
  | { readonly kind: 'batch' }
  /** What `gmq` asks of the one that runs. */
  | { readonly kind: 'reread' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'status' }
  /** For Prometheus. */
  | { readonly kind: 'metrics' };

const aliasPrefix = `${paths.alias}/`;

/** What a request asks for; undefined: nothing that is served here. Reads are not. Throws Refusal. */
export function routeOf(method: string, url: string): Route | undefined {
  if (method === 'GET' && url === '/status') return { kind: 'status' };
  if ((method === 'GET' || method === 'HEAD') && url === '/metrics') return { kind: 'metrics' };
  if (method !== 'POST') return undefined;
  const question = url.indexOf('?');
  // A query would ask for a read after the write. An empty one equals none.
  if (question !== -1 && question < url.length - 1) return undefined;
  const path = normalisePath(question === -1 ? url : url.slice(0, question));
  switch (path) {
    case paths.alias:
      return { kind: 'write' };
    case paths.record:
      return { kind: 'record' };
    case paths.activate:
      return { kind: 'activate' };
    case '/batch':
      return { kind: 'batch' };
    case '/reread':
      return { kind: 'reread' };
    case '/drain':
      return { kind: 'drain' };
  }
  const alias = path.startsWith(aliasPrefix) ? path.slice(aliasPrefix.length) : '';
  if (alias === '' || alias.includes('/')) return undefined;
  try {
    return { kind: 'record of alias', alias: decodeURIComponent(alias) };
  } catch (cause) {
    throw new Refusal(400, 'the alias in the path is not percent-encoded UTF-8', { cause });
  }
}

/** Only the type itself counts: devices send odd parameters, or no type at all. Throws Refusal. */
export function checkForm(received: Headers): void {
  const type = typeOf(received);
  if (type !== '' && type !== 'application/x-www-form-urlencoded') {
    throw new Refusal(415, `the body is ${type}, not a form`);
  }
}

/** The type has to be there: tools that are not told otherwise call everything a form. Throws Refusal. */
export function checkBatchType(received: Headers): void {
  if (typeOf(received) === 'application/x-ndjson') return;
  throw new Refusal(415, 'a batch has the Content-Type application/x-ndjson', { told: true });
}

function typeOf(received: Headers): string {
  const type = received['content-type'];
  if (type === undefined) return '';
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}
