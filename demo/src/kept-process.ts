import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import {
  type Clock,
  describeError,
  type RetrySchedule,
  retryDelays,
  signalGroup,
} from '@gateway-engine/host';

export interface ProcessPlan {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output and error go there, appended. */
  readonly logFile: string;
  /** Resolves when the process can be used; rejects when that takes too long. */
  readonly ready: () => Promise<void>;
}

const restarts: RetrySchedule = { initialMs: 200, factor: 2, maximumMs: 5_000, jitter: 0 };

/**
 * A process that is started again whenever it ends without being told to, as an init system would do for the platform
 * and for the gateway's supervisor.
 *
 * It leads a process group of its own, so that a Ctrl-C on the terminal reaches only us, and we stop the processes in
 * order.
 */
export class KeptProcess {
  readonly #plan: ProcessPlan;
  readonly #parts: { clock: Clock; onPid: (pid: number) => void; onRestart: (line: string) => void };
  #child: ChildProcess | undefined;
  #restarting: Promise<void> | undefined;
  #stopping = false;
  #delays = retryDelays(restarts);

  constructor(
    plan: ProcessPlan,
    parts: { clock: Clock; onPid: (pid: number) => void; onRestart: (line: string) => void },
  ) {
    this.#plan = plan;
    this.#parts = parts;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process is ready. Rejects, naming its log, when it ends before that. */
  async start(): Promise<void> {
    const child = this.#spawn();
    const ended = once(child, 'exit').then(([code, signal]) => endOf(code, signal));
    const early = ended.then((end) => {
      throw new Error(`${this.#plan.name} ended at once (${end}); its log is ${this.#plan.logFile}`);
    });
    const started = this.#parts.clock.monotonic();
    try {
      await Promise.race([this.#plan.ready(), early]);
    } catch (error) {
      await this.#end(child, 5_000);
      throw error;
    }
    early.catch(() => {});
    void ended.then((end) => {
      if (this.#parts.clock.monotonic() - started > 10_000) this.#delays = retryDelays(restarts);
      this.#startAgain(`${this.#plan.name} ended unexpectedly (${end})`);
    });
  }

  /**
   * Ends the process: SIGTERM, and SIGKILL for its group when it takes longer than `graceMs`. When it has just died and
   * is about to be started again, that happens first: only a running supervisor can stop what a dead one left behind.
   */
  async stop(graceMs = 30_000): Promise<void> {
    this.#stopping = true;
    await this.#restarting;
    if (this.#child) await this.#end(this.#child, graceMs);
  }

  async #end(child: ChildProcess, graceMs: number): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const kill = this.#parts.clock.after(graceMs, () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    });
    await exited;
    kill.cancel();
  }

  #spawn(): ChildProcess {
    const [command = '', ...args] = this.#plan.command;
    const log = openSync(this.#plan.logFile, 'a');
    try {
      const child = spawn(command, args, {
        env: this.#plan.env ?? process.env,
        stdio: ['ignore', log, log],
        detached: true,
      });
      this.#child = child;
      if (child.pid !== undefined) this.#parts.onPid(child.pid);
      return child;
    } finally {
      closeSync(log);
    }
  }

  #startAgain(reason: string): void {
    if (this.#stopping) return;
    this.#parts.onRestart(`${reason}; starting it again`);
    const delay = this.#delays.next().value;
    this.#restarting = this.#parts.clock
      .sleep(delay)
      .then(() => this.start())
      // When it is to be stopped meanwhile, this attempt is the last one.
      .catch((error: unknown) => this.#startAgain(describeError(error)));
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `signal ${signal}` : `exit status ${code}`;
}
