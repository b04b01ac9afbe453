import type { Clock } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';
import type { SupervisorLog } from '../log.ts';
import type { Child } from './child.ts';
import type { StateTimer } from './state-timer.ts';

const groupPollMs = 50;
/** Killed processes need a moment to go; longer than this only zombies that nobody collects are left. */
const groupGiveUpMs = 1000;

/** How a program and its group are brought to an end: the stop signal, `stopwaitsecs`, then SIGKILL. */
export class Stopping {
  readonly #config: ProcessConfig;
  readonly #clock: Clock;
  readonly #log: SupervisorLog;
  readonly #timer: StateTimer;
  readonly #send: (signal: NodeJS.Signals, target: 'process' | 'group') => void;
  #deadline = 0;

  /** `send` signals to the child of now; it may end the state, and its timer with it. */
  constructor(
    config: ProcessConfig,
    parts: {
      clock: Clock;
      log: SupervisorLog;
      timer: StateTimer;
      send: (signal: NodeJS.Signals, target: 'process' | 'group') => void;
    },
  ) {
    this.#config = config;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#timer = parts.timer;
    this.#send = parts.send;
  }

  /** `sinceMs`: for how long it is being stopped already, by a supervisor before this one. */
  begin(pid: number, sinceMs = 0): void {
    const { stopWaitSeconds, stopSignal, stopAsGroup } = this.#config;
    const graceMs = Math.max(0, stopWaitSeconds * 1000 - sinceMs);
    this.#deadline = this.#clock.monotonic() + graceMs;
    this.#timer.set(graceMs, () => this.#kill(pid));
    this.#send(stopSignal, stopAsGroup ? 'group' : 'process');
  }

  /** The program is gone; what it started in its group must go too before it counts as stopped. */
  leaderEnded(child: Child | undefined, done: () => void): void {
    if (!child?.groupIsAlive()) {
      done();
      return;
    }
    if (!this.#config.stopAsGroup) this.#send(this.#config.stopSignal, 'group');
    this.#awaitGroup(child, done);
  }

  #awaitGroup(child: Child, done: () => void): void {
    this.#timer.set(groupPollMs, () => {
      const late = this.#clock.monotonic() - this.#deadline;
      if (!child.groupIsAlive()) return done();
      if (late >= groupGiveUpMs) {
        this.#log.warn(`processes of '${this.#config.name}' are left in process group ${child.pid}`);
        return done();
      }
      if (late >= 0) this.#send('SIGKILL', 'group');
      this.#awaitGroup(child, done);
    });
  }

  #kill(pid: number): void {
    this.#log.warn(`killing '${this.#config.name}' (${pid}) with SIGKILL`);
    // Again and again, should it not help at once (a process in an uninterruptible wait).
    this.#timer.set(Math.max(1, this.#config.stopWaitSeconds) * 1000, () => this.#kill(pid));
    this.#send('SIGKILL', 'group');
  }
}
