import type { Clock } from '@gateway-engine/host';
import type { ProgramExtras } from '../config/extras.ts';
import type { SupervisorLog } from '../log.ts';
import type { HostedProcess } from '../process/hosted-process.ts';
import { HealthCheck } from './health-check.ts';
import type { Probe } from './probe.ts';
import { type Notifications, Watchdog } from './watchdog.ts';

/** `unwatched`: it has neither a check nor a watchdog; `down`: it does not run. */
export type Health = 'unwatched' | 'down' | 'starting' | 'healthy' | 'unhealthy';

export interface HealthReport {
  readonly health: Health;
  /** What is wrong, or was when it was last restarted for it; empty otherwise. */
  readonly problem: string;
  /** What the program says of itself with STATUS=. */
  readonly status: string;
  /** How often it was restarted for being unhealthy since it was configured. */
  readonly restarts: number;
}

export interface HealthWatchParts {
  readonly clock: Clock;
  readonly log: SupervisorLog;
  readonly process: HostedProcess;
  readonly probe: Probe | undefined;
  readonly notifications: Notifications | undefined;
}

/** Follows the runs of a program and restarts it when it is unhealthy. */
export class HealthWatch {
  readonly #name: string;
  readonly #extras: ProgramExtras;
  readonly #parts: HealthWatchParts;
  readonly #listeners = new Set<() => void>();
  #check: HealthCheck | undefined;
  #watchdog: Watchdog | undefined;
  /** What the run of now must still show before it counts as healthy. */
  #awaited = new Set<'check' | 'sign'>();
  #health: Health;
  #problem = '';
  /** Whether the run of now is watched already. */
  #isBegun = false;
  #restarts = 0;

  constructor(name: string, extras: ProgramExtras, parts: HealthWatchParts) {
    this.#name = name;
    this.#extras = extras;
    this.#parts = parts;
    this.#health = parts.probe || parts.notifications ? 'down' : 'unwatched';
    if (this.#health !== 'unwatched') parts.process.onChange(() => this.#follow());
  }

  get report(): HealthReport {
    return {
      health: this.#health,
      problem: this.#check?.lastProblem || this.#problem,
      status: this.#watchdog?.status ?? '',
      restarts: this.#restarts,
    };
  }

  /** Calls `listener` after every change of health. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    this.#check?.stop();
    this.#watchdog?.stop();
    this.#check = undefined;
    this.#watchdog = undefined;
  }

  #follow(): void {
    const { process, probe, notifications } = this.#parts;
    if (process.state !== 'STARTING' && process.state !== 'RUNNING') {
      this.stop();
      this.#isBegun = false;
      if (this.#health !== 'unhealthy') this.#change('down');
      return;
    }
    // Not only in STARTING, which a program that was adopted may have behind it.
    if (!this.#isBegun) this.#begin(notifications);
    const { healthCheck } = this.#extras;
    if (process.state !== 'RUNNING' || !probe || !healthCheck || this.#check || this.#health === 'unhealthy')
      return;
    this.#check = new HealthCheck(healthCheck, {
      clock: this.#parts.clock,
      probe,
      tell: { healthy: () => this.#shown('check'), unhealthy: (problem) => this.#restart(problem) },
    });
  }

  #begin(notifications: Notifications | undefined): void {
    this.stop();
    this.#isBegun = true;
    this.#awaited = new Set();
    if (this.#parts.probe) this.#awaited.add('check');
    this.#change('starting');
    if (!notifications || this.#extras.watchdogSeconds === undefined) return;
    this.#awaited.add('sign');
    this.#watchdog = new Watchdog(this.#extras.watchdogSeconds, {
      clock: this.#parts.clock,
      notifications,
      tell: { ready: () => this.#shown('sign'), unhealthy: (problem) => this.#restart(problem) },
    });
  }

  #shown(what: 'check' | 'sign'): void {
    this.#awaited.delete(what);
    if (this.#awaited.size > 0) return;
    this.#problem = '';
    this.#change('healthy');
    this.#parts.log.info(`${this.#name} is healthy`);
  }

  #restart(problem: string): void {
    this.stop();
    this.#problem = problem;
    this.#restarts += 1;
    this.#change('unhealthy');
    this.#parts.log.warn(`unhealthy: ${this.#name} is restarted: ${problem}`);
    this.#parts.process.restart(`Unhealthy: ${problem}`);
  }

  #change(health: Health): void {
    if (this.#health === health) return;
    this.#health = health;
    for (const listener of [...this.#listeners]) listener();
  }
}
