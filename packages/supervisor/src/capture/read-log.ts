import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** At most this much of a log is given in one answer. */
const most = 16 * 1024 * 1024;

/**
 * Part of a log as Supervisor's readLog gives it: a negative offset counts from the end and needs length 0; length 0
 * means up to the end. Undefined when offset and length do not make sense.
 */
export function readLog(path: string, offset: number, length: number): string | undefined {
  if (length < 0 || (offset < 0 && length !== 0)) return undefined;
  return withFile(path, (file, size) => {
    const start = offset < 0 ? Math.max(0, size + offset) : offset;
    return readRange(file, start, length === 0 ? size - start : length);
  });
}

/**
 * The end of a log as Supervisor's tail calls give it: text, length of the log, and whether the log had grown beyond
 * offset + length, so that something was passed over.
 */
export function tailLog(path: string, offset: number, length: number): [string, number, boolean] {
  return withFile(path, (file, size) => {
    const overflow = size > offset + length;
    let from = overflow ? size - 1 : offset;
    let count = length;
    if (from + count > size) {
      if (from > size - 1) count = 0;
      from = size - count;
    }
    return [readRange(file, Math.max(0, from), Math.max(0, count)), size, overflow];
  });
}

function withFile<T>(path: string, read: (file: number, size: number) => T): T {
  const file = openSync(path, 'r');
  try {
    return read(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readRange(file: number, start: number, length: number): string {
  const buffer = new Uint8Array(Math.max(0, Math.min(length, most, fstatSync(file).size - start)));
  let count = 0;
  while (count < buffer.length) {
    const got = readSync(file, buffer, count, buffer.length - count, start + count);
    if (got === 0) break;
    count += got;
  }
  return new TextDecoder().decode(buffer.subarray(0, count));
}
