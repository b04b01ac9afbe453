import { pick } from '../queue/random.ts';

type Random = () => number;

/** Bytes with up to eight changes of the sorts that damage and malice make. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let count = 1 + Math.floor(random() * random() * 8); count > 0; count--) {
    changed = pick(byteMutations, random)(changed, random);
  }
  return changed;
}

const place = (bytes: Buffer, random: Random) => Math.floor(random() * (bytes.length + 1));

const byteMutations: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  function flipBits(bytes, random) {
    const at = place(bytes, random);
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bytes;
  },
  function overwrite(bytes, random) {
    const at = place(bytes, random);
    return bytes.fill(
      pick([0, 0x20, 0x2f, 0x30, 0x37, 0x7f, 0x80, 0xff], random),
      at,
      Math.min(bytes.length, at + 1 + Math.floor(random() * 16)),
    );
  },
  function cut(bytes, random) {
    return bytes.subarray(0, place(bytes, random));
  },
  function remove(bytes, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 600))]);
  },
  function repeat(bytes, random) {
    const at = place(bytes, random);
    const end = at + Math.floor(random() * 1024);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  function insert(bytes, random) {
    const at = place(bytes, random);
    const noise = Buffer.from(Array.from({ length: 1 + random() * 32 }, () => Math.floor(random() * 256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON with one place in it changed: another value, another type, a key less, a key more. */
export function mutateJson(json: Json, random: Random): Json {
  if (json === null || typeof json !== 'object' || random() < 0.1) return pick(strangeValues, random);
  const copy = structuredClone(json);
  if (Array.isArray(copy)) {
    const at = Math.floor(random() * (copy.length + 1));
    if (at === copy.length) copy.push(copy[0] ?? pick(strangeValues, random));
    else if (random() < 0.3) copy.splice(at, 1);
    else copy[at] = mutateJson(copy[at] ?? null, random);
    return copy;
  }
  const keys = Object.keys(copy);
  const key = keys.length === 0 || random() < 0.1 ? pick(strangeKeys, random) : pick(keys, random);
  if (random() < 0.2) delete copy[key];
  else set(copy, key, mutateJson(Object.hasOwn(copy, key) ? (copy[key] ?? null) : null, random));
  return copy;
}

/** An assignment to __proto__ would be none. */
function set(target: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

const strangeKeys = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(300),
  'roles',
  'signed',
  '\u0000',
];
const strangeValues: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '',
  'x'.repeat(5000),
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  '\ud800',
  'ff'.repeat(32),
  [],
  {},
  [[[[]]]],
  { __proto__: null, length: 1 },
];
