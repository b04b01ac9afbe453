import { type Clock, describeError } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';
import type { Transition } from '../events/payloads.ts';
import type { SupervisorLog } from '../log.ts';
import { type ProcessState, transitions } from '../states.ts';
import { SpawnError } from './find-command.ts';
import { RestartPace } from './restart-pace.ts';
import { RunHistory } from './run-history.ts';
import type { ProcessSnapshot } from './snapshot.ts';
import { describeWaitStatus, exitStatusOf, type WaitStatus } from './wait-status.ts';

/** A process that was started, with the process group it leads. */
export interface Child {
  readonly pid: number;
  /** False when there is nobody to signal any more. Throws when it may not be signalled. */
  signal(signal: NodeJS.Signals, target: 'process' | 'group'): boolean;
  groupIsAlive(): boolean;
}

/** How processes are made. */
export interface Launcher {
  /**
   * Starts a program. Throws SpawnError when that is known not to work. Otherwise `ended` is called once, after this
   * has returned and all output was logged; with a SpawnError (and no child returned) when it did not start after all.
   */
  launch(config: ProcessConfig, ended: (outcome: WaitStatus | SpawnError) => void): Child | undefined;
}

/** Takes over a process that runs, or that has just ended, as `Launcher` starts one. */
export type Adopt = (ended: (outcome: WaitStatus) => void) => Child;

const groupPollMs = 50;
/** Killed processes need a moment to go; longer than this only zombies that nobody collects are left. */
const groupGiveUpMs = 1000;
/** A program without startsecs that ends at once is not started again more often than this. */
const shortestLifeMs = 1000;

/**
 * One program and its state, by the rules of Supervisor:
 * - only `#change` changes the state, and only along `transitions` (`restore` gives a new object its first one);
 * - a state has at most one timer, which ends with the state;
 * - durations are monotonic; the wall clock only stamps `startedAt` and `stoppedAt`;
 * - there is at most one child, and a next one only when the one before has ended.
 */
export class HostedProcess {
  readonly config: ProcessConfig;
  readonly #clock: Clock;
  readonly #launcher: Launcher;
  readonly #log: SupervisorLog;
  readonly #mayStart: () => boolean;
  readonly #onTransition: ((change: Transition) => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #state: ProcessState = 'STOPPED';
  #timer: { cancel(): void } | undefined;
  #child: Child | undefined;
  /** Stays when the child has ended, to tell which one that was. */
  #lastPid = 0;
  #startedMonotonic = 0;
  #changedMonotonic = 0;
  #failedStarts = 0;
  #stopDeadline = 0;
  #startedAt = 0;
  #stoppedAt = 0;
  #spawnError = '';
  #exitStatus: number | undefined;
  readonly #pace: RestartPace;
  readonly #history = new RunHistory();
  /** When it is started by itself, for whatever reason. */
  #startsAt: number | undefined;
  /** Why it is stopped only to be started again. */
  #restartReason: string | undefined;

  constructor(
    config: ProcessConfig,
    parts: {
      clock: Clock;
      launcher: Launcher;
      log: SupervisorLog;
      /** False while the supervisor shuts down: nothing is started by itself then. */
      mayStart: () => boolean;
      /** Told of every change of state, in order. */
      onTransition?: ((change: Transition) => void) | undefined;
      /** Of the restart policy; Math.random unless given. */
      random?: () => number;
    },
  ) {
    this.config = config;
    this.#clock = parts.clock;
    this.#launcher = parts.launcher;
    this.#log = parts.log;
    this.#mayStart = parts.mayStart;
    this.#onTransition = parts.onTransition;
    this.#pace = new RestartPace(config.extras.restart, config.startRetries, parts.random);
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** 0 when it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Wall time in milliseconds of the last start, 0 if never. */
  get startedAt(): number {
    return this.#startedAt;
  }

  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** Monotonic milliseconds since the last start. */
  get uptimeMs(): number {
    return this.#clock.monotonic() - this.#startedMonotonic;
  }

  /** Why the last start failed or the last end was not expected; empty when neither is so. */
  get spawnError(): string {
    return this.#spawnError;
  }

  /** -1 for an end by a signal; undefined when it has not ended since its last start. */
  get exitStatus(): number | undefined {
    return this.#exitStatus;
  }

  /** Since somebody started it under this supervisor. */
  get history(): Pick<RunHistory, 'restarts' | 'lastStatus' | 'lastFailure'> {
    return this.#history;
  }

  /** What `restore` needs to go on with it in another supervisor. */
  snapshot(): ProcessSnapshot {
    return {
      state: this.#state,
      startedAt: this.#startedAt,
      stoppedAt: this.#stoppedAt,
      sinceStartMs: this.uptimeMs,
      sinceChangeMs: this.#clock.monotonic() - this.#changedMonotonic,
      failedStarts: this.#failedStarts,
      spawnError: this.#spawnError,
      exitStatus: this.#exitStatus ?? null,
      startsInMs: this.#startsAt === undefined ? null : this.#startsAt - this.#clock.monotonic(),
      restartReason: this.#restartReason ?? null,
      pacedFailures: this.#pace.failures,
    };
  }

  /** Goes on where another supervisor was killed. To be called first of all; `adopt` when it has or had a process. */
  restore(saved: ProcessSnapshot, adopt: Adopt | undefined): void {
    const hasProcess = ['STARTING', 'RUNNING', 'STOPPING', 'UNKNOWN'].includes(saved.state);
    this.#startedAt = saved.startedAt;
    this.#stoppedAt = saved.stoppedAt;
    this.#failedStarts = saved.failedStarts;
    if (hasProcess && !adopt) {
      // The kill came before the process was there, or when it was gone.
      if (saved.state === 'STARTING' || saved.state === 'RUNNING') this.start(); // STOPPED -> STARTING
      return;
    }
    this.#state = saved.state;
    this.#restartReason = saved.restartReason ?? undefined;
    this.#pace.resume(saved.pacedFailures);
    this.#startedMonotonic = this.#clock.monotonic() - saved.sinceStartMs;
    this.#changedMonotonic = this.#clock.monotonic() - saved.sinceChangeMs;
    this.#spawnError = saved.spawnError;
    this.#exitStatus = saved.exitStatus ?? undefined;
    if (hasProcess) this.#child = adopt?.((outcome) => this.#ended(outcome));
    this.#lastPid = this.pid;
    this.#resumeTimer(saved);
    this.#tellListeners();
  }

  /** Failures that the restart policy counts, and the milliseconds until it starts the program again, if it will. */
  get paced(): { readonly failures: number; readonly startsInMs: number | undefined } {
    const waits = this.#state === 'BACKOFF' && this.#pace.isPacing && this.#startsAt !== undefined;
    const startsInMs = waits ? Math.max(0, (this.#startsAt ?? 0) - this.#clock.monotonic()) : undefined;
    return { failures: this.#pace.failures, startsInMs };
  }

  /** Starts it now, because somebody wants it. Must be in STOPPED, EXITED, FATAL or BACKOFF. */
  start(): void {
    this.#pace.forget();
    this.#history.startedByOrder();
    this.#start();
  }

  #start(): void {
    if (this.#state !== 'BACKOFF') this.#failedStarts = 0;
    this.#spawnError = '';
    this.#exitStatus = undefined;
    this.#startedAt = this.#clock.now();
    this.#startedMonotonic = this.#clock.monotonic();
    this.#change('STARTING'); // STOPPED, EXITED, FATAL, BACKOFF -> STARTING
    try {
      this.#child = this.#launcher.launch(this.config, (outcome) => this.#ended(outcome));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      this.#startFailed(error.message);
      return;
    }
    this.#lastPid = this.#child?.pid ?? 0;
    if (this.#child) this.#log.info(`spawned: '${this.config.name}' with pid ${this.#child.pid}`);
    this.#timer = this.#clock.after(this.config.startSeconds * 1000, () => this.#stayedUp());
  }

  /** Starts to end it; `state` tells when that is done. False when it was neither up nor on its way. */
  stop(): boolean {
    if (this.#state === 'BACKOFF') {
      this.#change('STOPPED'); // BACKOFF -> STOPPED
      return true;
    }
    if (this.#state === 'STOPPING' && this.#restartReason !== undefined) {
      this.#restartReason = undefined;
      this.#tellListeners();
      return true;
    }
    if (this.#state === 'EXITED' && this.#timer) {
      this.#cancelTimer(); // It is wanted down: no restart that is pending.
      this.#tellListeners();
    }
    if (this.#state !== 'STARTING' && this.#state !== 'RUNNING') return false;
    this.#stopDeadline = this.#clock.monotonic() + this.config.stopWaitSeconds * 1000;
    this.#change('STOPPING'); // STARTING, RUNNING -> STOPPING
    this.#timer = this.#clock.after(this.config.stopWaitSeconds * 1000, () => this.#kill());
    this.#send(this.config.stopSignal, this.config.stopAsGroup ? 'group' : 'process');
    return true;
  }

  /** Stops it and starts it again, by the restart policy if there is one. No effect unless it is up. */
  restart(reason: string): void {
    if (this.#state !== 'STARTING' && this.#state !== 'RUNNING') return;
    this.stop();
    this.#restartReason = reason;
    this.#tellListeners();
  }

  /** As the supervisor's own end does it: what waits to be tried again is given up. */
  stopForShutdown(): void {
    this.#restartReason = undefined;
    if (this.#state === 'BACKOFF') this.#giveUp();
    else this.stop();
  }

  /** Sends a signal without wanting its end. False when there is nobody to send it to. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.signal(signal, 'process') ?? false;
  }

  /** Calls `listener` after every change of what a snapshot holds, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when `reached` says so of the state; at once if it does now. */
  async until(reached: (state: ProcessState) => boolean): Promise<void> {
    if (reached(this.#state)) return;
    await new Promise<void>((resolve) => {
      const forget = this.onChange(() => {
        if (!reached(this.#state)) return;
        forget();
        resolve();
      });
    });
  }

  /** No timer fires any more. For a process that is taken out of the configuration. */
  retire(): void {
    this.#cancelTimer();
  }

  #resumeTimer(saved: ProcessSnapshot): void {
    const rest = (ms: number) => Math.max(0, ms - saved.sinceChangeMs);
    if (saved.state === 'STARTING') {
      const missing = Math.max(0, this.config.startSeconds * 1000 - saved.sinceStartMs);
      this.#timer = this.#clock.after(missing, () => this.#stayedUp());
    } else if (saved.state === 'STOPPING') {
      const grace = rest(this.config.stopWaitSeconds * 1000);
      this.#stopDeadline = this.#clock.monotonic() + grace;
      this.#timer = this.#clock.after(grace, () => this.#kill());
      // The kill may have come before the signal was sent.
      this.#send(this.config.stopSignal, this.config.stopAsGroup ? 'group' : 'process');
    } else if (saved.startsInMs !== null) {
      this.#startIn(Math.max(0, saved.startsInMs));
    }
  }

  #stayedUp(): void {
    this.#change('RUNNING'); // STARTING -> RUNNING
    this.#log.info(
      `success: ${this.config.name} entered RUNNING state, process has stayed up for > than ${this.config.startSeconds} seconds (startsecs)`,
    );
  }

  #ended(outcome: WaitStatus | SpawnError): void {
    this.#stoppedAt = this.#clock.now();
    if (outcome instanceof SpawnError) {
      this.#child = undefined;
      if (this.#state === 'STARTING') this.#startFailed(outcome.message);
      else this.#stopped(outcome.message, false);
      return;
    }
    if (this.#state === 'STOPPING') {
      this.#leaderEndedInStop(outcome);
      return;
    }
    this.#child = undefined;
    if (this.#state === 'UNKNOWN') this.#stopped(describeWaitStatus(outcome), false);
    else if (this.uptimeMs < this.config.startSeconds * 1000) this.#endedTooSoon(outcome);
    else this.#exited(outcome);
  }

  #endedTooSoon(outcome: WaitStatus): void {
    this.#log.warn(`exited: ${this.config.name} (${describeWaitStatus(outcome)}; not expected)`);
    this.#history.ended(exitStatusOf(outcome));
    this.#history.failed(`ended too soon after its start: ${describeWaitStatus(outcome)}`);
    this.#backOff('Exited too quickly (process log may have details)');
  }

  #startFailed(message: string): void {
    this.#log.info(`spawnerr: ${message}`);
    this.#history.failed(message);
    this.#backOff(message);
  }

  #backOff(spawnError: string): void {
    this.#spawnError = spawnError;
    this.#failedStarts += 1;
    this.#change('BACKOFF'); // STARTING -> BACKOFF
    const paceMs = this.#pace.failed(0);
    if (paceMs !== undefined) {
      this.#startAfter(paceMs);
      return;
    }
    if (this.#failedStarts > this.config.startRetries && !this.#pace.hasPolicy) {
      this.#giveUp();
      return;
    }
    // One second more after each failure, as Supervisor waits.
    this.#startIn(this.#failedStarts * 1000);
  }

  #giveUp(): void {
    this.#change('FATAL'); // BACKOFF -> FATAL
    this.#log.info(`gave up: ${this.config.name} entered FATAL state, too many start retries too quickly`);
  }

  #exited(outcome: WaitStatus): void {
    const status = exitStatusOf(outcome);
    const expected = this.config.exitCodes.includes(status);
    if (this.#state === 'STARTING') this.#change('RUNNING'); // STARTING -> RUNNING, it lived long enough
    this.#exitStatus = status;
    this.#history.ended(status);
    if (!expected) this.#history.failed(`ended unexpectedly: ${describeWaitStatus(outcome)}`);
    const isKnown = outcome.code !== null || outcome.signal !== null;
    if (!expected)
      this.#spawnError = isKnown ? `Bad exit code ${status}` : 'Ended while no supervisor watched it';
    const message = `exited: ${this.config.name} (${describeWaitStatus(outcome)}; ${expected ? 'expected' : 'not expected'})`;
    if (expected) this.#log.info(message);
    else this.#log.warn(message);
    const lived = this.uptimeMs;
    this.#change('EXITED'); // RUNNING -> EXITED
    if (this.config.autorestart === 'never' || (this.config.autorestart === 'unexpected' && expected)) return;
    const paceMs = expected ? undefined : this.#pace.failed(lived);
    if (paceMs !== undefined) this.#startAfter(paceMs);
    else this.#startIn(Math.max(0, shortestLifeMs - lived));
  }

  /** As the restart policy wants it. */
  #startAfter(ms: number): void {
    if (this.#state !== 'BACKOFF') this.#change('BACKOFF'); // EXITED, STOPPED -> BACKOFF
    this.#log.info(
      `paced: ${this.config.name} failed ${this.#pace.failures} times, next start in ${ms / 1000} seconds (restart policy)`,
    );
    this.#startIn(ms);
  }

  #startIn(ms: number): void {
    this.#startsAt = this.#clock.monotonic() + ms;
    this.#timer = this.#clock.after(ms, () => this.#startByItself());
  }

  #startByItself(): void {
    if (!this.#mayStart()) return;
    this.#history.startedByItself();
    this.#start(); // STOPPED, EXITED, BACKOFF -> STARTING
  }

  /** The program is gone; what it started in its group must go too before it counts as stopped. */
  #leaderEndedInStop(outcome: WaitStatus): void {
    this.#exitStatus = exitStatusOf(outcome);
    const done = () => this.#stopped(describeWaitStatus(outcome), true);
    const child = this.#child;
    if (!child?.groupIsAlive()) {
      done();
      return;
    }
    if (!this.config.stopAsGroup) this.#send(this.config.stopSignal, 'group');
    const poll = () => {
      const late = this.#clock.monotonic() - this.#stopDeadline;
      if (!child.groupIsAlive()) return done();
      if (late >= groupGiveUpMs) {
        this.#log.warn(`processes of '${this.config.name}' are left in process group ${child.pid}`);
        return done();
      }
      if (late >= 0) this.#send('SIGKILL', 'group');
      this.#cancelTimer();
      this.#timer = this.#clock.after(groupPollMs, poll);
    };
    this.#cancelTimer();
    this.#timer = this.#clock.after(groupPollMs, poll);
  }

  #stopped(how: string, asAsked: boolean): void {
    this.#child = undefined;
    const message = `stopped: ${this.config.name} (${how})`;
    if (asAsked && this.config.exitCodes.includes(this.#exitStatus ?? -1)) this.#log.info(message);
    else this.#log.warn(message);
    const reason = this.#restartReason;
    const lived = this.uptimeMs;
    if (reason !== undefined) this.#history.failed(reason);
    this.#restartReason = undefined;
    this.#change('STOPPED'); // STOPPING, UNKNOWN -> STOPPED
    // A listener may have started it already.
    if (reason === undefined || this.#state !== 'STOPPED') return;
    const paceMs = this.#pace.failed(lived);
    if (paceMs === undefined) this.#startByItself();
    else {
      this.#spawnError = reason;
      this.#startAfter(paceMs);
    }
  }

  #kill(): void {
    this.#log.warn(`killing '${this.config.name}' (${this.pid}) with SIGKILL`);
    // Again and again, should it not help at once (a process in an uninterruptible wait).
    this.#timer = this.#clock.after(Math.max(1, this.config.stopWaitSeconds) * 1000, () => this.#kill());
    this.#send('SIGKILL', 'group');
  }

  #send(signal: NodeJS.Signals, target: 'process' | 'group'): void {
    this.#log.debug(
      `killing ${this.config.name} (pid ${this.pid}) ${target === 'group' ? 'process group ' : ''}with signal ${signal}`,
    );
    try {
      this.#child?.signal(signal, target);
    } catch (error) {
      this.#log.critical(
        `unknown problem killing ${this.config.name} (${this.pid}): ${describeError(error)}`,
      );
      this.#change('UNKNOWN'); // STOPPING -> UNKNOWN
    }
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#startsAt = undefined;
  }

  /** The only place where the state changes. */
  #change(next: ProcessState): void {
    if (!transitions[this.#state].includes(next))
      throw new Error(`${this.config.name}: ${this.#state} -> ${next} is no transition`);
    this.#cancelTimer();
    const from = this.#state;
    this.#state = next;
    this.#changedMonotonic = this.#clock.monotonic();
    this.#onTransition?.({
      from,
      to: next,
      pid: from === 'BACKOFF' ? 0 : this.#lastPid,
      tries: this.#failedStarts,
      expected: this.config.exitCodes.includes(this.#exitStatus ?? -1),
    });
    this.#tellListeners();
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
