import { isKey, limits, parseVms } from '@gateway-engine/device-api';
import { type Caller, callerName } from '../store/identity.ts';
import type { Entry, Point } from '../store/points.ts';
import { checkedDevice } from './caller.ts';
import { checkedPoint, timestamp } from './points.ts';
import { Refusal } from './refusal.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a batch: lines of JSON, each `{"alias": A, "value": V, "at": T, "vms": "VENDOR MODEL SERIAL", "cik": KEY}`, of
 * which the first two are needed. Without an identity of its own a line belongs to `known`; without a time it is of now.
 * There is one entry for each identity. Throws Refusal, which names the first line at fault.
 */
export function batchEntries(body: Uint8Array, known: Caller | undefined, now: number): Entry[] {
  const callers = new CallersOfLines(known);
  let number = 0;
  for (const line of textOf(body).split('\n')) {
    number++;
    if (line === '' || line === '\r') continue;
    try {
      const fields = fieldsOf(line);
      callers.pointsFor(fields).push(pointOf(fields, now));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal(error.status, `line ${number}: ${error.message}`, { cause: error, told: true });
    }
  }
  return callers.entries;
}

interface Fields {
  alias?: unknown;
  value?: unknown;
  at?: unknown;
  cik?: unknown;
  vms?: unknown;
}

const known: ReadonlySet<string> = new Set(['alias', 'value', 'at', 'cik', 'vms'] satisfies (keyof Fields)[]);

function fieldsOf(line: string): Fields {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (cause) {
    throw new Refusal(400, 'is not JSON', { cause });
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new Refusal(400, 'is not a JSON object');
  }
  // A misspelt "at" would silently mean now.
  for (const name in fields) if (!known.has(name)) throw new Refusal(400, 'has a key that is not known');
  return fields;
}

function pointOf({ alias, value, at }: Fields, now: number): Point {
  if (typeof alias !== 'string') throw new Refusal(400, 'has no text "alias"');
  const text = typeof value === 'number' ? numberText(value) : value;
  if (typeof text !== 'string') throw new Refusal(400, 'has no "value" that is a text or a number');
  if (!alias.isWellFormed() || !text.isWellFormed()) throw new Refusal(400, 'has half of a character');
  const point = checkedPoint({ alias, at: secondOf(at, now), value: text });
  return at === undefined ? { ...point, stamped: true } : point;
}

function secondOf(at: unknown, now: number): number {
  if (at === undefined) return now;
  if (typeof at === 'number' && Number.isInteger(at) && at >= 0 && at <= limits.latestSecond) return at;
  if (typeof at !== 'number' && typeof at !== 'string') throw new Refusal(400, '"at" is not a time');
  return timestamp(String(at), now);
}

/** A whole number beyond 2^53 is no longer the one that was written: nothing is stored that nobody sent. */
function numberText(value: number): string {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Refusal(400, 'has a number that is exact as a text only');
  }
  return String(value);
}

/** Whose the lines are: most name nobody, or one of a few again and again. */
class CallersOfLines {
  readonly entries: { readonly caller: Caller; readonly points: Point[] }[] = [];
  readonly #known: Caller | undefined;
  readonly #byText = new Map<string, Point[]>();
  readonly #byName = new Map<string, Point[]>();
  #ofKnown: Point[] | undefined;

  constructor(known: Caller | undefined) {
    this.#known = known;
  }

  pointsFor({ vms, cik }: Fields): Point[] {
    if (vms !== undefined) return this.#named('vms', vms, deviceOf);
    if (cik !== undefined) return this.#named('cik', cik, bearerOf);
    if (!this.#known) throw new Refusal(400, 'names nobody, and the request does not either');
    this.#ofKnown ??= this.#add(this.#known);
    return this.#ofKnown;
  }

  #named(kind: string, name: unknown, callerOf: (name: string) => Caller): Point[] {
    if (typeof name !== 'string') throw new Refusal(400, `"${kind}" is not a text`);
    const text = `${kind} ${name}`;
    const points = this.#byText.get(text) ?? this.#add(callerOf(name));
    this.#byText.set(text, points);
    return points;
  }

  #add(caller: Caller): Point[] {
    const name = callerName(caller);
    const found = this.#byName.get(name);
    if (found) return found;
    const points: Point[] = [];
    this.#byName.set(name, points);
    this.entries.push({ caller, points });
    return points;
  }
}

function deviceOf(vms: string): Caller {
  const device = parseVms(vms);
  if (!device) throw new Refusal(400, '"vms" is not VENDOR MODEL SERIAL');
  return { device: checkedDevice(device) };
}

function bearerOf(cik: string): Caller {
  if (!isKey(cik)) throw new Refusal(400, '"cik" is not 40 lowercase hex digits');
  return { cik };
}

function textOf(body: Uint8Array): string {
  try {
    return strictUtf8.decode(body);
  } catch (cause) {
    throw new Refusal(400, 'the batch is not UTF-8 text', { cause, told: true });
  }
}
