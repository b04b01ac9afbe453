import { readFile } from 'node:fs/promises';
import type { MemoryUse } from '@gateway-engine/device-api';

/** Reads /proc/meminfo. */
export function parseMeminfo(text: string): MemoryUse {
  const bytes = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
    return found ? Number(found[1]) * 1024 : undefined;
  };
  return {
    total: bytes('MemTotal') ?? 0,
    // Kernels before 3.14 do not say what is available.
    available: bytes('MemAvailable') ?? (bytes('MemFree') ?? 0) + (bytes('Cached') ?? 0),
    swap_total: bytes('SwapTotal') ?? 0,
    swap_free: bytes('SwapFree') ?? 0,
  };
}

/** The lines of /proc/meminfo that stand for the output of `free`: total, free and available memory, buffers, caches. */
export function meminfoLines(text: string): string {
  const wanted = /^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree):/;
  return text
    .split('\n')
    .filter((line) => wanted.test(line))
    .join('\n');
}

export async function meminfo(file = '/proc/meminfo'): Promise<string> {
  return await readFile(file, 'utf8');
}
