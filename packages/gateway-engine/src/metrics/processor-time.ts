import { ticksPerSecond } from '../reports/programs/process-table.ts';

interface Program {
  readonly key: string;
  /** 0: it does not run. */
  readonly pid: number;
  readonly ticks: number;
}

/**
 * Processor time of programs over their restarts: a counter that never goes back, though a family of processes loses the
 * time of those that leave it. What a program took between the last look and its end is not in it.
 */
export class ProcessorTime {
  #programs = new Map<string, { readonly pid: number; readonly ticks: number; readonly total: number }>();

  /** Those that are not in it any more are forgotten. */
  look(programs: readonly Program[]): void {
    this.#programs = new Map(
      programs.map(({ key, pid, ticks }) => {
        const before = this.#programs.get(key) ?? { pid: 0, ticks: 0, total: 0 };
        const since = pid === before.pid ? Math.max(0, ticks - before.ticks) : ticks;
        return [key, { pid, ticks, total: before.total + since }];
      }),
    );
  }

  seconds(key: string): number {
    return (this.#programs.get(key)?.total ?? 0) / ticksPerSecond;
  }
}
