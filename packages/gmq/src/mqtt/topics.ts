import { isKey, parseVms } from '@gateway-engine/device-api';
import { checkedDevice } from '../intake/caller.ts';
import { Refusal } from '../intake/refusal.ts';
import type { Caller } from '../store/identity.ts';

/** What a topic asks for. `caller`: the device that the topic names; undefined when it names none. */
export type Target =
  | { readonly kind: 'write' | 'record'; readonly alias: string; readonly caller: Caller | undefined }
  | { readonly kind: 'batch'; readonly caller: Caller | undefined };

/**
 * Reads a topic: `write/ALIAS`, `record/ALIAS` or `batch`, each also behind `device/VENDOR/MODEL/SERIAL/`. The alias is
 * all of the rest, slashes included. Throws Refusal.
 */
export function targetOf(topic: string): Target {
  // The decoder of the packets puts U+FFFD where there was no UTF-8.
  if (topic.includes('\u{FFFD}')) throw new Refusal(400, 'the topic is not UTF-8');
  const device = /^device\/([^/]+)\/([^/]+)\/([^/]+)\/(?=.)/.exec(topic);
  const caller = device ? callerOf(device) : undefined;
  const call = topic.slice(device?.[0].length ?? 0);
  if (call === 'batch') return { kind: 'batch', caller };
  const slash = call.indexOf('/');
  const kind = call.slice(0, slash);
  const alias = call.slice(slash + 1);
  if ((kind !== 'write' && kind !== 'record') || alias === '') {
    throw new Refusal(404, 'the topic is none of write/ALIAS, record/ALIAS, batch');
  }
  return { kind, alias, caller };
}

function callerOf([, vendor = '', model = '', serial = '']: RegExpExecArray): Caller {
  return { device: checkedDevice({ vendor, model, serial }) };
}

/**
 * Whom a connection speaks for, from its user name: a key, or `VENDOR MODEL SERIAL`. Undefined without a user name:
 * then each topic or line has to name its device. Throws Refusal.
 */
export function callerOfUser(username: string | undefined): Caller | undefined {
  if (username === undefined || username === '') return undefined;
  if (isKey(username)) return { cik: username };
  const device = parseVms(username);
  if (!device) throw new Refusal(400, 'the user name is neither a key nor VENDOR MODEL SERIAL');
  return { device: checkedDevice(device) };
}
