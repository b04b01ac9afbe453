import {
  encodeForm,
  encodeFormText,
  formType,
  headers,
  limits,
  paths,
  type VendorModelSerial,
} from '@gateway-engine/device-api';
import { UsageError } from '@gateway-engine/host/basics';
import type { Call } from './caller.ts';
import type { RpcCall, RpcOptions } from './rpc.ts';

/** A product's name; for Murano both are the product's id. */
export interface ProductName {
  readonly vendor: string;
  readonly model: string;
}

/** Aliases with the values to write to them. */
export type Pairs = Iterable<readonly [alias: string, value: string]>;

/** Points with their time in whole seconds since 1970; a negative one counts back from the server's present. */
export type Points = Iterable<readonly [ts: number, value: string]>;

// What each call of the device API asks for. `repeatable` and `retried` say which may reach the server twice.

export function writeCall(values: Pairs): Call {
  // Stamped at receipt: a second time would be a second point.
  const form = encodeForm(values);
  return {
    call: 'write',
    method: 'POST',
    path: paths.alias,
    ...formBody(form),
    success: [204],
    repeatable: false,
  };
}

export function readCall(aliases: readonly string[]): Call {
  return { call: 'read', path: `${paths.alias}?${queryOf(aliases)}`, ...repeatedGet, success: [200, 204] };
}

export function writeReadCall(values: Pairs, aliases: readonly string[]): Call {
  return { ...writeCall(values), path: `${paths.alias}?${queryOf(aliases)}`, success: [200, 204] };
}

export function recordCall(groups: Iterable<readonly [alias: string, points: Points]>): Call {
  return { ...recorded, path: paths.record, ...formBody(encodeForm(recordPairs(groups))) };
}

/** The older form, for one alias; the gateway's queue of the original takes this one only. */
export function recordAliasCall(alias: string, points: Points): Call {
  const form = encodeForm(pointPairs(points));
  return { ...recorded, path: `${paths.alias}/${encodeFormText(alias)}`, ...formBody(form) };
}

export function longPollCall(alias: string, wish: { waitMs: number; since?: number | undefined }): Call {
  const waitMs = Math.min(Math.max(1, Math.round(wish.waitMs)), limits.longPollMs);
  return {
    call: 'longpoll',
    method: 'GET',
    path: `${paths.alias}?${encodeFormText(alias)}`,
    headers: {
      [headers.requestTimeout]: String(waitMs),
      ...(wish.since === undefined ? {} : { [headers.ifModifiedSince]: String(wish.since) }),
    },
    success: [200, 204, 304],
    // Without a start, points between the two tries would be missed unseen.
    repeatable: wish.since !== undefined,
    waitMs,
  };
}

/** By vendor, model and serial, or by the identity alone: the product is then the first label of the server's name. */
export function activateCall(identity: VendorModelSerial | { readonly id: string }): Call {
  const form =
    'id' in identity
      ? encodeForm([['id', identity.id]])
      : encodeForm([
          ['vendor', identity.vendor],
          ['model', identity.model],
          ['sn', identity.serial],
        ]);
  // The first time may have used up the activation.
  const once = { success: [200], repeatable: false, withKey: false } as const;
  return { call: 'activate', method: 'POST', path: paths.activate, ...formBody(form), ...once };
}

export function listContentCall(product: ProductName): Call {
  return { call: 'content', path: downloadPath(product, []), ...repeatedGet, success: [200, 204] };
}

export function contentInfoCall(product: ProductName, id: string): Call {
  const query = [
    ['id', id],
    ['info', 'true'],
  ] as const;
  return { call: 'content', path: downloadPath(product, query), ...repeatedGet, success: [200] };
}

export function downloadCall(product: ProductName, id: string, from: number): Call {
  return { ...positioned(from), call: 'download', path: downloadPath(product, [['id', id]]) };
}

/** What makes the content `to` out of the content `from`, two versions of one application. */
export function deltaCall(contents: { readonly from: string; readonly to: string }, position: number): Call {
  const query = encodeForm([
    ['from', contents.from],
    ['to', contents.to],
  ]);
  return { ...positioned(position), call: 'download', path: `${paths.delta}?${query}` };
}

export function timestampCall(): Call {
  return { call: 'timestamp', path: paths.timestamp, ...repeatedGet, success: [200], withKey: false };
}

export function ipCall(): Call {
  return { call: 'other', path: paths.ip, ...repeatedGet, success: [200], withKey: false };
}

export function capabilitiesCall(): Call {
  return { call: 'other', path: paths.capabilities, ...repeatedGet, success: [200], withKey: false };
}

/** A file of the product's signed metadata. 404 is an answer: there is none. */
export function metadataCall(file: string): Call {
  return { call: 'other', path: `${paths.tuf}/${encodeFormText(file)}`, ...repeatedGet, success: [200, 404] };
}

export function rpcCall(key: string | undefined, calls: readonly RpcCall[], options: RpcOptions): Call {
  const auth = {
    cik: key,
    ...(options.clientId === undefined ? {} : { client_id: options.clientId }),
    ...(options.resourceId === undefined ? {} : { resource_id: options.resourceId }),
  };
  return {
    call: 'rpc',
    method: 'POST',
    path: '/onep:v1/rpc/process',
    body: JSON.stringify({
      auth,
      calls: calls.map((call, index) => ({
        id: index,
        procedure: call.procedure,
        arguments: call.arguments,
      })),
    }),
    bodyType: 'application/json; charset=utf-8',
    success: [200, 204],
    // A procedure may do anything.
    repeatable: false,
    withKey: false,
  };
}

const repeatedGet = { method: 'GET', repeatable: true, retried: true } as const;

/** A GET that begins at a byte. */
function positioned(from: number): Omit<Call, 'call' | 'path'> {
  if (!Number.isSafeInteger(from) || from < 0) throw new UsageError('a download starts at a whole number');
  return {
    ...repeatedGet,
    headers: from > 0 ? { Range: `bytes=${from}-` } : {},
    success: from > 0 ? [200, 206] : [200],
  };
}

/** A point replaces the one of the same second, so a record may arrive twice. */
const recorded = { call: 'record', method: 'POST', success: [204], repeatable: true, retried: true } as const;

function formBody(form: string): { body: string; bodyType: string } {
  return { body: form, bodyType: formType };
}

function queryOf(aliases: readonly string[]): string {
  return aliases.map(encodeFormText).join('&');
}

function downloadPath(product: ProductName, query: readonly (readonly [string, string])[]): string {
  return `${paths.download}?${encodeForm([['vendor', product.vendor], ['model', product.model], ...query])}`;
}

function* recordPairs(
  groups: Iterable<readonly [alias: string, points: Points]>,
): Generator<readonly [string, string]> {
  for (const [alias, points] of groups) {
    yield ['alias', alias];
    yield* pointPairs(points);
  }
}

function* pointPairs(points: Points): Generator<readonly [string, string]> {
  for (const [ts, value] of points) {
    if (!Number.isSafeInteger(ts)) throw new UsageError(`timestamp ${ts} is not in whole seconds`);
    yield [String(ts), value];
  }
}
