import { readFile } from 'node:fs/promises';

export interface MemoryUse {
  /** KiB; of memory shared by n processes each counts an nth part, where the kernel tells (PSS). */
  readonly kilobytes: number;
  /** What the figure is made of; `mixed` when some processes could be measured one way only. */
  readonly measure: 'pss' | 'rss' | 'mixed' | 'none';
  readonly processes: number;
}

/** What these processes use together. Processes that have ended count as nothing. */
export async function memoryOf(pids: readonly number[]): Promise<MemoryUse> {
  let kilobytes = 0;
  const measures = new Set<'pss' | 'rss'>();
  let processes = 0;
  for (const pid of pids) {
    // One after the other: the kernel walks the memory of a process for this, and it is not urgent.
    const use = (await figure(pid, 'smaps_rollup', 'Pss')) ?? (await figure(pid, 'status', 'VmRSS'));
    if (!use) continue;
    processes += 1;
    kilobytes += use.kilobytes;
    measures.add(use.measure);
  }
  const [measure = 'none'] = measures;
  return { kilobytes, measure: measures.size > 1 ? 'mixed' : measure, processes };
}

async function figure(pid: number, file: string, key: 'Pss' | 'VmRSS') {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // Ended, or of another user, or a kernel without smaps_rollup (before 4.14).
    return undefined;
  }
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text);
  if (!match) return undefined; // A zombie has no memory.
  return { kilobytes: Number(match[1]), measure: key === 'Pss' ? ('pss' as const) : ('rss' as const) };
}
