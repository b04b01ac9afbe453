import { statSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { maskKey } from '@gateway-engine/device-api';
import { readQueue } from './queue-reader.ts';
import { filesSetAside } from './store/database-file.ts';
import type { Rates } from './store/rates.ts';

/** Points, but for `bytes`. Each that was ever accepted is waiting, or one of those behind `accepted`. */
export interface Figures {
  readonly waiting: number;
  /** Bytes that waiting points take, as the bounds count them. */
  readonly bytes: number;
  readonly accepted: number;
  readonly uploaded: number;
  /** Followed by another of the same alias and second before they were sent. */
  readonly merged: number;
  /** Refused by the platform for good. */
  readonly refused: number;
  /** Given up since the queue was full. */
  readonly dropped: number;
  /** Given up since they had waited for too long. */
  readonly expired: number;
  /** The newest of the refused ones, which are kept. */
  readonly deadLetters: number;
  /** When the oldest waiting point came, seconds since 1970. */
  readonly oldest: number | null;
  /** Points per second over the last minute; null while gmq does not run. */
  readonly rates: Rates | null;
}

export interface IdentityStatus extends Figures {
  readonly id: number;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  /** Masked; null when there is none yet. */
  readonly cik: string | null;
  readonly problem: string | null;
}

export interface DeadLetter {
  readonly identity: string;
  readonly alias: string;
  readonly at: number;
  readonly reason: string;
  readonly setAside: number;
}

/** Of the MQTT listener: messages since the start, but for `connections`. */
export interface MqttCounts {
  readonly connections: number;
  readonly stored: number;
  /** Of QoS 0, and wills, that could not be stored: nobody sends them again. */
  readonly dropped: number;
  /** Not stored, and their sender was told so or cut off. */
  readonly refused: number;
}

export interface QueueStatus extends Figures {
  readonly database: string;
  /** Bytes of the database and its log on disk. */
  readonly fileBytes: number;
  /** Whether the running queue was asked; else the database alone. */
  readonly running: boolean;
  readonly identities: readonly IdentityStatus[];
  readonly newestDeadLetters: readonly DeadLetter[];
  /** Of the MQTT listener; null without one, and while gmq does not run. */
  readonly mqtt: MqttCounts | null;
  /** Databases that were corrupted, beside the present one. */
  readonly corruptedFiles: readonly string[];
}

const shownDeadLetters = 20;
const countedOneByOne = 10_000;

/** Reads the state of a queue from its database, whether gmq runs or not. Throws UsageError when there is none. */
export function readStatus(file: string): QueueStatus {
  return readQueue(file, (database) => read(database, file));
}

/** The status with what only the queue that runs knows: rates by identity, and what came by MQTT. */
export function withLive(
  status: QueueStatus,
  rates: ReadonlyMap<number, Rates>,
  mqtt: MqttCounts | null,
): QueueStatus {
  const none = { accepted: 0, uploaded: 0 };
  const rounded = ({ accepted, uploaded }: Rates) => ({
    accepted: Math.round(accepted * 100) / 100,
    uploaded: Math.round(uploaded * 100) / 100,
  });
  const all = [...rates.values()].reduce(
    (sum, { accepted, uploaded }) => ({
      accepted: sum.accepted + accepted,
      uploaded: sum.uploaded + uploaded,
    }),
    none,
  );
  return {
    ...status,
    running: true,
    mqtt,
    rates: rounded(all),
    identities: status.identities.map((one) => ({ ...one, rates: rounded(rates.get(one.id) ?? none) })),
  };
}

/** How many points wait, all or up to an id (roughly, while there are many), and why, if something is the matter. */
export function readProgress(
  file: string,
  upTo?: number,
): { readonly left: number; readonly lastId: number; readonly problem: string | undefined } {
  return readQueue(file, (database) => {
    const lastId = upTo ?? Number(database.prepare('SELECT max(id) AS id FROM record').get()?.id ?? 0);
    const [some, all] = [
      database
        .prepare(
          `SELECT count(*) AS points FROM (SELECT 1 FROM record WHERE id <= ? LIMIT ${countedOneByOne})`,
        )
        .get(lastId),
      database.prepare('SELECT coalesce(sum(waiting), 0) AS points FROM identity').get(),
    ].map((row) => Number(row?.points));
    const problem = database
      .prepare('SELECT problem FROM identity WHERE waiting > 0 AND problem IS NOT NULL LIMIT 1')
      .get()?.problem;
    return {
      left: Number(some === countedOneByOne ? all : some),
      lastId,
      problem: problem === undefined ? undefined : String(problem),
    };
  });
}

const figures = 'waiting, bytes, accepted, uploaded, merged, refused, dropped, expired';

function read(database: DatabaseSync, file: string): QueueStatus {
  const oldestIds = [0, 1, 2].map(
    (priority) => `SELECT min(id) AS id FROM record WHERE identity = identity.id AND priority = ${priority}`,
  );
  const identities = database
    .prepare(
      `SELECT id, vendor, model, serial, cik, problem, ${figures},
         (SELECT count(*) FROM dead_letter WHERE dead_letter.identity = identity.id) AS dead_letters,
         (SELECT received FROM record WHERE id = (SELECT min(id) FROM (${oldestIds.join(' UNION ALL ')}))) AS oldest
       FROM identity ORDER BY id`,
    )
    .all()
    .map((row) => ({
      id: Number(row.id),
      vendor: textOrNull(row.vendor),
      model: textOrNull(row.model),
      serial: textOrNull(row.serial),
      cik: row.cik === null ? null : maskKey(String(row.cik)),
      ...figuresOf(row),
      problem: textOrNull(row.problem),
    }));
  const total = database
    .prepare(
      `SELECT ${figures.replace(/\w+/g, 'coalesce(sum($&), 0) AS $&')},
         (SELECT count(*) FROM dead_letter) AS dead_letters,
         (SELECT received FROM record ORDER BY id LIMIT 1) AS oldest
       FROM identity`,
    )
    .get();
  const newestDeadLetters = database
    .prepare(
      `SELECT vendor, model, serial, cik, alias, at, reason, set_aside
       FROM dead_letter JOIN identity ON identity.id = dead_letter.identity
       ORDER BY dead_letter.id DESC LIMIT ?`,
    )
    .all(shownDeadLetters)
    .map((row) => ({
      identity: row.serial === null ? maskKey(String(row.cik)) : `${row.vendor} ${row.model} ${row.serial}`,
      alias: String(row.alias),
      at: Number(row.at),
      reason: String(row.reason),
      setAside: Number(row.set_aside),
    }));
  return {
    database: file,
    fileBytes: sizeOf(file) + sizeOf(`${file}-wal`),
    running: false,
    ...figuresOf(total ?? {}),
    identities,
    newestDeadLetters,
    mqtt: null,
    corruptedFiles: filesSetAside(file),
  };
}

function figuresOf(row: Record<string, SQLOutputValue>): Figures {
  return {
    waiting: Number(row.waiting),
    bytes: Number(row.bytes),
    accepted: Number(row.accepted),
    uploaded: Number(row.uploaded),
    merged: Number(row.merged),
    refused: Number(row.refused),
    dropped: Number(row.dropped),
    expired: Number(row.expired),
    deadLetters: Number(row.dead_letters),
    oldest: row.oldest === null ? null : Number(row.oldest),
    rates: null,
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
