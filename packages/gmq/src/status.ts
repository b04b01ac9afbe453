import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { maskKey } from '@gateway-engine/device-api';
import { UsageError } from '@gateway-engine/host';

export interface IdentityStatus {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  /** Masked; null when there is none yet. */
  readonly cik: string | null;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly uploaded: number;
  /** Points that were followed by another of the same alias and second before they were sent. */
  readonly merged: number;
  readonly problem: string | null;
}

export interface DeadLetter {
  readonly identity: string;
  readonly alias: string;
  readonly at: number;
  readonly reason: string;
  readonly setAside: number;
}

export interface QueueStatus {
  readonly database: string;
  readonly waiting: number;
  /** When the oldest waiting record came, seconds since 1970. */
  readonly oldest: number | null;
  readonly deadLetters: number;
  readonly identities: readonly IdentityStatus[];
  /** The newest ones. */
  readonly newestDeadLetters: readonly DeadLetter[];
}

const shownDeadLetters = 20;

/** Reads the state of a queue from its database, whether gmq runs or not. Throws UsageError when there is none. */
export function readStatus(file: string): QueueStatus {
  if (!existsSync(file)) {
    throw new UsageError(`there is no queue in ${file}: gmq has not run yet with this configuration`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    // One transaction, so that the figures belong together while the queue works on.
    database.exec('BEGIN');
    return read(database, file);
  } catch (cause) {
    throw new UsageError(`cannot read the queue in ${file}`, { cause });
  } finally {
    database?.close();
  }
}

function read(database: DatabaseSync, file: string): QueueStatus {
  const total = database
    .prepare(
      `SELECT (SELECT count(*) FROM record) AS waiting, (SELECT count(*) FROM dead_letter) AS dead_letters,
              (SELECT received FROM record ORDER BY id LIMIT 1) AS oldest`,
    )
    .get();
  const identities = database
    .prepare(
      `SELECT vendor, model, serial, cik, uploaded, merged, problem,
              (SELECT count(*) FROM record WHERE record.identity = identity.id) AS waiting,
              (SELECT count(*) FROM dead_letter WHERE dead_letter.identity = identity.id) AS dead_letters
       FROM identity ORDER BY id`,
    )
    .all()
    .map((row) => ({
      vendor: textOrNull(row.vendor),
      model: textOrNull(row.model),
      serial: textOrNull(row.serial),
      cik: row.cik === null ? null : maskKey(String(row.cik)),
      waiting: Number(row.waiting),
      deadLetters: Number(row.dead_letters),
      uploaded: Number(row.uploaded),
      merged: Number(row.merged),
      problem: textOrNull(row.problem),
    }));
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
    waiting: Number(total?.waiting ?? 0),
    oldest: total?.oldest == null ? null : Number(total.oldest),
    deadLetters: Number(total?.dead_letters ?? 0),
    identities,
    newestDeadLetters,
  };
}

/** The status as lines for a person. `now` in seconds. */
export function formatStatus(status: QueueStatus, now: number): string {
  const age = status.oldest === null ? '' : `, the oldest for ${Math.max(0, now - status.oldest)} s`;
  const lines = [
    `queue      ${status.database}`,
    `waiting    ${status.waiting}${age}`,
    `set aside  ${status.deadLetters}`,
  ];
  for (const one of status.identities) {
    const name = one.serial === null ? 'by key' : `${one.vendor} ${one.model} ${one.serial}`;
    lines.push(
      '',
      `${name}  (key ${one.cik ?? 'not obtained yet'})`,
      `  waiting ${one.waiting}, uploaded ${one.uploaded}, merged ${one.merged}, set aside ${one.deadLetters}`,
    );
    if (one.problem !== null) lines.push(`  problem: ${one.problem}`);
  }
  if (status.newestDeadLetters.length > 0) lines.push('', 'set aside last:');
  for (const letter of status.newestDeadLetters) {
    lines.push(`  ${letter.identity} ${letter.alias} at ${letter.at}: ${letter.reason}`);
  }
  return lines.join('\n');
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : String(value);
}
