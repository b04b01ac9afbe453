import { headers, isKey, parseVms, type VendorModelSerial } from '@gateway-engine/device-api';
import { type Headers, trimBlanks } from '../http/head.ts';
import type { Caller } from '../store/identity.ts';
import { Refusal } from './refusal.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Who a request speaks for. `X-Exosite-VMS` wins over `X-Exosite-CIK`: a program that sends both means the device it
 * names, while the key is the gateway's. An empty header counts as absent. Throws Refusal.
 */
export function callerOf(received: Headers): Caller {
  const caller = callerIfNamed(received);
  if (!caller) throw new Refusal(400, `neither ${headers.vms} nor ${headers.cik} is given`);
  return caller;
}

/** The same; undefined when there is neither. */
export function callerIfNamed(received: Headers): Caller | undefined {
  const vms = header(received, headers.vms);
  if (vms !== undefined) {
    const device = parseVms(utf8(vms));
    if (!device) throw new Refusal(400, `${headers.vms} is not <vendor> <model> <serial>`);
    return { device: checkedDevice(device) };
  }
  const cik = header(received, headers.cik);
  if (cik === undefined) return undefined;
  if (!isKey(cik)) throw new Refusal(400, `${headers.cik} is not 40 lowercase hex digits`);
  return { cik };
}

/** The vendor becomes part of a host name, so it must not be able to say anything else. Throws Refusal. */
export function checkedDevice(device: VendorModelSerial): VendorModelSerial {
  for (const part of ['vendor', 'model'] as const) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(device[part])) {
      throw new Refusal(400, `the ${part} is not a name of 1 to 64 letters, digits, '.', '_' or '-'`);
    }
  }
  if (device.serial.length > 256) throw new Refusal(400, 'the serial number has more than 256 characters');
  return device;
}

function header(received: Headers, name: string): string | undefined {
  const text = trimBlanks(received[name.toLowerCase()] ?? '');
  return text === '' ? undefined : text;
}

/** Header bytes come as Latin-1; serial numbers beyond ASCII come as UTF-8. */
function utf8(latin1: string): string {
  try {
    return strictUtf8.decode(Buffer.from(latin1, 'latin1'));
  } catch (cause) {
    throw new Refusal(400, `${headers.vms} is not UTF-8 text`, { cause });
  }
}
