import { readFileSync } from 'node:fs';
import { counterOf, gaugeOf, type MetricFamily } from './metric-family.ts';

/** What this process costs, by the names that every Prometheus client uses. `now`: wall time, milliseconds. */
export function processFigures(now: () => number): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  return [
    counterOf('process_cpu_seconds_total', 'Processor time of this process.', (user + system) / 1e6),
    gaugeOf('process_resident_memory_bytes', 'Resident memory of this process.', process.memoryUsage.rss()),
    gaugeOf(
      'process_proportional_memory_bytes',
      'Memory of this process; of what n processes share, an nth part.',
      proportionalBytes(),
    ),
    gaugeOf(
      'process_start_time_seconds',
      'When this process started, seconds since 1970.',
      now() / 1000 - process.uptime(),
    ),
  ];
}

/** Undefined on kernels before 4.14. */
function proportionalBytes(): number | undefined {
  try {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))?.[1];
    return found === undefined ? undefined : Number(found) * 1024;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
