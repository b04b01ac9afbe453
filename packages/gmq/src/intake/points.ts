import {
  decodeForm,
  encodeFormText,
  FormError,
  type FormPart,
  limits,
  type VendorModelSerial,
} from '@gateway-engine/device-api';
import type { Point } from '../store/points.ts';
import { checkedDevice } from './caller.ts';
import { Refusal } from './refusal.ts';

/** The points of a write, `alias=value&...`: all at the time of its receipt. Throws Refusal. */
export function writtenPoints(body: Uint8Array, now: number): Point[] {
  return pairs(body).map(([alias, value]) => checkedPoint({ alias, at: now, value, stamped: true }));
}

/** The points of the newer record form, `alias=<a>&<ts>=<v>&<ts>=<v>&alias=<b>&<ts>=<v>`. Throws Refusal. */
export function recordedPoints(body: Uint8Array, now: number): Point[] {
  const points: Point[] = [];
  let alias: string | undefined;
  for (const [name, value] of pairs(body)) {
    if (name === 'alias') {
      alias = value;
      continue;
    }
    if (alias === undefined) throw new Refusal(400, 'a record stands before the first alias=');
    points.push(checkedPoint({ alias, at: timestamp(name, now), value }));
  }
  return points;
}

/** The points of the older record form, `<ts>=<v>&<ts>=<v>` for the alias of the path. Throws Refusal. */
export function recordedPointsOf(alias: string, body: Uint8Array, now: number): Point[] {
  return pairs(body).map(([name, value]) => checkedPoint({ alias, at: timestamp(name, now), value }));
}

/** The identity in the form of an activation. Throws Refusal. */
export function activatedDevice(body: Uint8Array): VendorModelSerial {
  const fields = new Map(pairs(body));
  const [vendor, model, serial] = ['vendor', 'model', 'sn'].map((name) => fields.get(name) ?? '');
  if (!vendor || !model || !serial) throw new Refusal(400, 'vendor, model and sn are needed');
  return checkedDevice({ vendor, model, serial });
}

/** Seconds since 1970; a negative number is an offset back from now; a fraction is cut off. Throws Refusal. */
export function timestamp(text: string, now: number): number {
  // As most are, and before every end of the calendar.
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const match = /^([+-]?)(\d{1,15})(?:\.\d*)?$/.exec(text.trim());
  if (!match) throw new Refusal(400, 'the time of a record is not a number of seconds');
  const seconds = Number(match[2]);
  if (match[1] !== '-') {
    // The platform would refuse it for good, when nobody is there any more to hear it.
    if (seconds > limits.latestSecond)
      throw new Refusal(400, 'the time of a record is beyond every calendar');
    return seconds;
  }
  // An offset must be settled now: by the time of the upload it would mean another second.
  if (seconds > now) throw new Refusal(400, 'the time of a record is before 1970');
  return now - seconds;
}

function pairs(body: Uint8Array): readonly (readonly [name: string, value: string])[] {
  let parts: FormPart[];
  try {
    parts = decodeForm(body);
  } catch (cause) {
    if (cause instanceof FormError) throw new Refusal(400, cause.message, { cause });
    throw cause;
  }
  if (!parts.every(hasValue)) throw new Refusal(400, 'a part of the body has no "="');
  return parts;
}

function hasValue(part: FormPart): part is readonly [name: string, value: string] {
  return part[1] !== undefined;
}

/** A point that could never be sent is refused while its sender is still there to hear it. Throws Refusal. */
export function checkedPoint(point: Point): Point {
  const { alias, value } = point;
  const couldBeTooLarge = 3 * 3 * (alias.length + value.length) + 64 > limits.dataBodyBytes;
  if (
    couldBeTooLarge &&
    encodeFormText(alias).length + encodeFormText(value).length + 64 > limits.dataBodyBytes
  ) {
    throw new Refusal(413, `a value takes more than ${limits.dataBodyBytes} bytes when it is encoded`);
  }
  return point;
}
