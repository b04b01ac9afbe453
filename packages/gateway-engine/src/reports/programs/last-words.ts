import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { maskKey } from '@gateway-engine/device-api';
import { oneLine } from '../bounded-text.ts';

const lookedAtBytes = 2048;
const longest = 160;

/** The last line that a program wrote to its log, keys masked; empty when there is none to be read. */
export function lastWords(logFile: string): string {
  if (logFile === '') return '';
  const last = endOf(logFile)
    .split('\n')
    .map((line) => oneLine(line, longest))
    .findLast((line) => line !== '');
  return (last ?? '').replace(/\b[0-9a-f]{40}\b/g, maskKey);
}

function endOf(file: string): string {
  let log: number;
  try {
    log = openSync(file, 'r');
  } catch (error) {
    // No log, rotated away this moment, or another user's: the report goes without it.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
  try {
    const size = fstatSync(log).size;
    const buffer = Buffer.alloc(lookedAtBytes);
    const bytes = readSync(log, buffer, 0, lookedAtBytes, Math.max(0, size - lookedAtBytes));
    return buffer.toString('utf8', 0, bytes);
  } finally {
    closeSync(log);
  }
}
