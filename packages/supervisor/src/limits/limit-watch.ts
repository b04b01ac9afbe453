import { join } from 'node:path';
import type { Clock } from '@gateway-engine/host';
import type { SupervisorLog } from '../log.ts';
import type { LimitInForce } from './decide-limits.ts';
import { counter } from './program-cgroup.ts';

const everyMs = 5000;

interface Counter {
  readonly read: () => number;
  readonly tell: (times: number) => void;
  last: number;
}

/** Tells in the log what the kernel did to a program because of its limits, from the counters of its cgroups. */
export class LimitWatch {
  readonly #name: string;
  readonly #log: SupervisorLog;
  readonly #clock: Clock;
  #counters: Counter[] = [];
  #timer: { cancel(): void } | undefined;

  constructor(name: string, parts: { log: SupervisorLog; clock: Clock }) {
    this.#name = name;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  start(limits: readonly { readonly limit: LimitInForce; readonly directory: string | undefined }[]): void {
    this.stop();
    this.#counters = limits.flatMap(({ limit, directory }) => this.#counterOf(limit, directory));
    if (this.#counters.length > 0) this.#timer = this.#clock.after(everyMs, () => this.#poll());
  }

  /** Looks a last time. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#look();
    this.#counters = [];
  }

  #poll(): void {
    this.#look();
    this.#timer = this.#clock.after(everyMs, () => this.#poll());
  }

  #look(): void {
    for (const each of this.#counters) {
      const now = each.read();
      if (now > each.last) each.tell(now - each.last);
      each.last = now;
    }
  }

  #counterOf(limit: LimitInForce, directory: string | undefined): Counter[] {
    if (directory === undefined) return [];
    const version2 = limit.mechanism === 'cgroup v2';
    const of = (file: string, key: string, tell: (times: number) => void): Counter[] => {
      const read = () => counter(join(directory, file), key);
      return [{ read, tell, last: read() }];
    };
    if (limit.option === 'memory_max')
      return of(version2 ? 'memory.events' : 'memory.oom_control', 'oom_kill', (times) =>
        this.#log.warn(
          `killed by a limit: ${this.#name} needed more than memory_max=${limit.value} bytes, and the kernel killed ${times} of its processes`,
        ),
      );
    if (limit.option === 'pids_max')
      return of('pids.events', 'max', (times) =>
        this.#log.warn(
          `${this.#name} reached pids_max=${limit.value}: ${times} times it could not start a process or thread`,
        ),
      );
    return [];
  }
}
