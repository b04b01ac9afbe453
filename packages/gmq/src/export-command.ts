import { maskKey } from '@gateway-engine/device-api';
import { openToRead } from './queue-reader.ts';

const waiting = `SELECT vendor, model, serial, cik, alias, at, value
  FROM record JOIN identity ON identity.id = record.identity ORDER BY record.id`;
const setAside = `SELECT vendor, model, serial, cik, alias, at, value, reason, set_aside
  FROM dead_letter JOIN identity ON identity.id = dead_letter.identity ORDER BY dead_letter.id`;
const writtenAtOnce = 64 * 1024;

export interface ExportOptions {
  /** What was set aside, with the reasons, in place of what waits. */
  readonly deadLetters: boolean;
  /** Whole keys: without them, lines of callers that are known by their key cannot be sent elsewhere. */
  readonly withKeys: boolean;
}

/**
 * `gmq export`: a line of JSON for each point, oldest first, in the form that `POST /batch` takes. Reads the database as
 * it is at this moment, whether gmq runs or not, a point at a time. Throws UsageError.
 */
export async function exportQueue(
  databaseFile: string,
  { deadLetters, withKeys }: ExportOptions,
  write: (lines: string) => Promise<void>,
): Promise<void> {
  const database = openToRead(databaseFile);
  try {
    const rows = database.prepare(deadLetters ? setAside : waiting).iterate();
    let lines = '';
    for (const row of rows) {
      const { vendor, model, serial, cik, alias, at, value, reason, set_aside } = row;
      const whose =
        serial === null
          ? { cik: withKeys ? cik : maskKey(String(cik)) }
          : { vms: `${vendor} ${model} ${serial}` };
      const why = deadLetters ? { reason, setAside: set_aside } : {};
      lines += `${JSON.stringify({ ...whose, alias, at, value, ...why })}\n`;
      if (lines.length < writtenAtOnce) continue;
      await write(lines);
      lines = '';
    }
    if (lines !== '') await write(lines);
  } finally {
    database.close();
  }
}
