import type { ProductResource } from '@gateway-engine/device-api';

export type Format = ProductResource['format'];

/** What becomes of a text that is written to a resource: kept in this form, passed over, or refused. */
export type Conversion =
  | { readonly kept: string }
  | { readonly kept: undefined; readonly reason: 'ignored' | 'unfit' };

const ignored: Conversion = { kept: undefined, reason: 'ignored' };
const unfit: Conversion = { kept: undefined, reason: 'unfit' };

const wholeNumber = /^([+-]?)(?:(\d+)(?:\.\d*)?|\.\d+)$/;
const decimalNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A longer text is no number that a device means, and is not looked at: a body of 1 MiB may be one value. */
const longestNumber = 400;

const smallestInteger = -(2n ** 63n);
const greatestInteger = 2n ** 63n - 1n;

/**
 * The text to keep for a text that came over the wire, by the resource's format (spec section 3.6).
 *
 * - `string`: the text itself;
 * - `integer`: its digits without a plus sign and leading zeros, a fraction cut off; 64 bits signed, since that is
 *   what a database keeps;
 * - `float`: the shortest form that reads back equal, whole numbers without `.0`.
 *
 * A number has at most 400 characters. Blanks around it are dropped: C programs that print with a field width send them. An empty text to a number
 * is ignored, as gateways clear aliases whose format they do not know.
 */
export function convertToFormat(format: Format, text: string): Conversion {
  if (format === 'string') return { kept: text };
  const trimmed = text.trim();
  if (text === '') return ignored;
  if (trimmed.length > longestNumber) return unfit;
  return format === 'integer' ? convertToInteger(trimmed) : convertToFloat(trimmed);
}

function convertToInteger(text: string): Conversion {
  const match = wholeNumber.exec(text);
  if (!match) return unfit;
  const magnitude = BigInt(match[2] ?? '0');
  const number = match[1] === '-' ? -magnitude : magnitude;
  if (number < smallestInteger || number > greatestInteger) return unfit;
  return { kept: number.toString() };
}

function convertToFloat(text: string): Conversion {
  if (!decimalNumber.test(text)) return unfit;
  const number = Number(text);
  // Too large for a double; `-0` is written `0`, which reads back equal.
  return Number.isFinite(number) ? { kept: String(number === 0 ? 0 : number) } : unfit;
}
