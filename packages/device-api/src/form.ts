/** A name and its value, or a part of a form that had no `=` and so no value. */
export type FormPart = readonly [name: string, value: string | undefined];

/** A form that cannot be read. The answer to it is 400. */
export class FormError extends Error {
  readonly code = 'BAD_FORM';
}

const unreserved = new Set(
  Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~', 'latin1'),
);
const percentEncoded = Array.from({ length: 256 }, (_, byte) =>
  unreserved.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/**
 * Percent-encodes a text: every byte of its UTF-8 form but `A-Z a-z 0-9 - _ . ~`, a blank as `%20` and never `+`,
 * since some clients do not translate `+` back.
 */
export function encodeFormText(text: string): string {
  if (/^[A-Za-z0-9\-_.~]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) encoded += percentEncoded[byte];
  return encoded;
}

/** Writes `name=value` pairs joined by `&`. An empty value is written `name=`. */
export function encodeForm(pairs: Iterable<readonly [name: string, value: string]>): string {
  return Array.from(pairs, ([name, value]) => `${encodeFormText(name)}=${encodeFormText(value)}`).join('&');
}

/**
 * Reads a form as the devices in the field write it: final NUL, CR and LF bytes of the body dropped, empty parts
 * skipped, `+` a blank, a `%` without two hex digits kept as it is, raw UTF-8 and raw punctuation kept. The order and
 * repeated names are kept; a part without `=` has the value undefined.
 *
 * Throws FormError when the bytes are not UTF-8.
 */
export function decodeForm(form: string | Uint8Array): FormPart[] {
  const bytes = typeof form === 'string' ? Buffer.from(form, 'utf8') : bufferOver(form);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  const parts: FormPart[] = [];
  // Latin-1 keeps each byte one character, so that the text can be cut before it is decoded.
  for (const part of bytes.toString('latin1', 0, end).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals === -1) parts.push([decodeFormText(part), undefined]);
    else parts.push([decodeFormText(part.slice(0, equals)), decodeFormText(part.slice(equals + 1))]);
  }
  return parts;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The same bytes, not copied. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes that do not stand for themselves. */
const encoded = /[%+\x80-\xff]/;

function decodeFormText(latin1: string): string {
  if (!encoded.test(latin1)) return latin1;
  const unescaped = latin1
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  try {
    return strictUtf8.decode(Buffer.from(unescaped, 'latin1'));
  } catch (cause) {
    throw new FormError('the form is not UTF-8 text', { cause });
  }
}
