import { readFileSync } from 'node:fs';

/**
 * Bytes that these processes take together: of memory that n processes share each counts an nth part, where the kernel
 * tells. Those that have ended count as nothing.
 */
export function memoryOf(pids: readonly number[], directory = '/proc'): number {
  let kilobytes = 0;
  for (const pid of pids) {
    kilobytes +=
      figure(`${directory}/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m) ??
      figure(`${directory}/${pid}/status`, /^VmRSS:\s+(\d+) kB/m) ??
      0;
  }
  return kilobytes * 1024;
}

function figure(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    // Ended, or of another user, or a kernel without smaps_rollup (before 4.14).
    return undefined;
  }
}
