import { closeSync, fstatSync, readSync } from 'node:fs';
import { generationName, type OpenLog, openLog } from './generations.ts';

const pieceBytes = 64 * 1024;
const newline = 10;

/** Where reading begins, so that so many lines are given up to the end. */
export interface LogStart {
  readonly log: OpenLog;
  readonly position: number;
}

/** From the newest generation back into the ones before, as far as there are some. Undefined when there is no log. */
export function startOfLastLines(path: string, lines: number): LogStart | undefined {
  let start: LogStart | undefined;
  let missing = lines;
  for (let generation = 0; ; generation++) {
    const log = openLog(generationName(path, generation));
    if (!log) return start;
    if (generation > 0 && missing === 0) {
      closeSync(log.file);
      return start;
    }
    const found = lastLinesIn(log.file, missing);
    if (start) closeSync(start.log.file);
    start = { log, position: found.position };
    missing -= found.lines;
  }
}

/** How many of the last lines wanted a file has, and where they begin. */
function lastLinesIn(file: number, wanted: number): { position: number; lines: number } {
  const size = fstatSync(file).size;
  if (wanted === 0 || size === 0) return { position: size, lines: 0 };
  const buffer = Buffer.alloc(pieceBytes);
  let lines = 0;
  let end = size;
  while (end > 0) {
    const from = Math.max(0, end - pieceBytes);
    const count = readSync(file, buffer, 0, end - from, from);
    for (let at = count - 1; at >= 0; at--) {
      // The one at the very end belongs to the last line.
      if (buffer[at] !== newline || from + at === size - 1) continue;
      lines++;
      if (lines === wanted) return { position: from + at + 1, lines };
    }
    end = from;
  }
  return { position: 0, lines: lines + 1 };
}
