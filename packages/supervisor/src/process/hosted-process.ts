import { type Clock, describeError } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';
import type { Transition } from '../events/payloads.ts';
import type { SupervisorLog } from '../log.ts';
import { type ProcessState, transitions } from '../states.ts';
import type { Adopt, Child, Launcher } from './child.ts';
import { SpawnError } from './find-command.ts';
import { LastRun } from './last-run.ts';
import { afterExit, afterFailedStart, type NextStart } from './next-start.ts';
import { RestartPace } from './restart-pace.ts';
import { RunHistory } from './run-history.ts';
import type { ProcessSnapshot } from './snapshot.ts';
import { StateTimer } from './state-timer.ts';
import { Stopping } from './stopping.ts';
import { describeWaitStatus, exitStatusOf, type WaitStatus } from './wait-status.ts';

/**
 * One program and its state, by the rules of Supervisor:
 * - only `#change` changes the state, and only along `transitions` (`restore` gives a new object its first one);
 * - a state has at most one timer, which ends with the state;
 * - durations are monotonic; the wall clock only stamps `startedAt` and `stoppedAt`;
 * - there is at most one child, and a next one only when the one before has ended.
 */
export class HostedProcess {
  readonly config: ProcessConfig;
  readonly #launcher: Launcher;
  readonly #log: SupervisorLog;
  readonly #mayStart: () => boolean;
  readonly #onTransition: ((change: Transition) => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #state: ProcessState = 'STOPPED';
  #child: Child | undefined;
  readonly #timer: StateTimer;
  readonly #stopping: Stopping;
  readonly #run: LastRun;
  readonly #pace: RestartPace;
  readonly #history = new RunHistory();
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
    this.#launcher = parts.launcher;
    this.#log = parts.log;
    this.#mayStart = parts.mayStart;
    this.#onTransition = parts.onTransition;
    this.#run = new LastRun(parts.clock);
    this.#timer = new StateTimer(parts.clock);
    this.#stopping = new Stopping(config, {
      ...parts,
      timer: this.#timer,
      send: (signal, target) => this.#send(signal, target),
    });
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
    return this.#run.startedAt;
  }

  get stoppedAt(): number {
    return this.#run.stoppedAt;
  }

  /** Monotonic milliseconds since the last start. */
  get uptimeMs(): number {
    return this.#run.sinceStartMs;
  }

  /** Why the last start failed or the last end was not expected; empty when neither is so. */
  get spawnError(): string {
    return this.#run.spawnError;
  }

  /** -1 for an end by a signal; undefined when it has not ended since its last start. */
  get exitStatus(): number | undefined {
    return this.#run.exitStatus;
  }

  /** Since somebody started it under this supervisor. */
  get history(): Pick<RunHistory, 'restarts' | 'lastStatus' | 'lastFailure'> {
    return this.#history;
  }

  /** What `restore` needs to go on with it in another supervisor. */
  snapshot(): ProcessSnapshot {
    return {
      state: this.#state,
      ...this.#run.snapshot(),
      startsInMs: this.#startsInMs ?? null,
      restartReason: this.#restartReason ?? null,
      pacedFailures: this.#pace.failures,
    };
  }

  /** Goes on where another supervisor was killed. To be called first of all; `adopt` when it has or had a process. */
  restore(saved: ProcessSnapshot, adopt: Adopt | undefined): void {
    const hasProcess = ['STARTING', 'RUNNING', 'STOPPING', 'UNKNOWN'].includes(saved.state);
    this.#run.restoreStamps(saved);
    if (hasProcess && !adopt) {
      // The kill came before the process was there, or when it was gone.
      if (saved.state === 'STARTING' || saved.state === 'RUNNING') this.start(); // STOPPED -> STARTING
      return;
    }
    this.#state = saved.state;
    this.#restartReason = saved.restartReason ?? undefined;
    this.#pace.resume(saved.pacedFailures);
    this.#run.restoreRun(saved);
    if (hasProcess) this.#child = adopt?.((outcome) => this.#ended(outcome));
    this.#run.pid = this.pid;
    this.#resumeTimer(saved);
    this.#tellListeners();
  }

  /** Failures that the restart policy counts, and the milliseconds until it starts the program again, if it will. */
  get paced(): { readonly failures: number; readonly startsInMs: number | undefined } {
    const startsInMs =
      this.#state === 'BACKOFF' && this.#pace.isPacing && this.#startsInMs !== undefined
        ? Math.max(0, this.#startsInMs)
        : undefined;
    return { failures: this.#pace.failures, startsInMs };
  }

  /** Starts it now, because somebody wants it. Must be in STOPPED, EXITED, FATAL or BACKOFF. */
  start(): void {
    this.#pace.forget();
    this.#history.startedByOrder();
    this.#start();
  }

  #start(): void {
    this.#run.begins(this.#state === 'BACKOFF');
    this.#change('STARTING'); // STOPPED, EXITED, FATAL, BACKOFF -> STARTING
    try {
      this.#child = this.#launcher.launch(this.config, (outcome) => this.#ended(outcome));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      this.#startFailed(error.message);
      return;
    }
    this.#run.pid = this.#child?.pid ?? 0;
    if (this.#child) this.#log.info(`spawned: '${this.config.name}' with pid ${this.#child.pid}`);
    this.#timer.set(this.config.startSeconds * 1000, () => this.#stayedUp());
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
    if (this.#state === 'EXITED' && this.#timer.isSet) {
      this.#timer.cancel(); // It is wanted down: no restart that is pending.
      this.#tellListeners();
    }
    if (this.#state !== 'STARTING' && this.#state !== 'RUNNING') return false;
    this.#change('STOPPING'); // STARTING, RUNNING -> STOPPING
    this.#stopping.begin(this.pid);
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
    this.#timer.cancel();
  }

  #resumeTimer(saved: ProcessSnapshot): void {
    if (saved.state === 'STARTING') {
      const missing = Math.max(0, this.config.startSeconds * 1000 - saved.sinceStartMs);
      this.#timer.set(missing, () => this.#stayedUp());
    } else if (saved.state === 'STOPPING') {
      // The kill may have come before the signal was sent.
      this.#stopping.begin(this.pid, saved.sinceChangeMs);
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
    this.#run.ended();
    if (outcome instanceof SpawnError) {
      this.#child = undefined;
      if (this.#state === 'STARTING') this.#startFailed(outcome.message);
      else this.#stopped(outcome.message, false);
      return;
    }
    if (this.#state === 'STOPPING') {
      this.#run.exitStatus = exitStatusOf(outcome);
      this.#stopping.leaderEnded(this.#child, () => this.#stopped(describeWaitStatus(outcome), true));
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
    this.#run.spawnError = spawnError;
    this.#run.failedStarts += 1;
    this.#change('BACKOFF'); // STARTING -> BACKOFF
    this.#follow(afterFailedStart(this.config, this.#run.failedStarts, this.#pace));
  }

  #giveUp(): void {
    this.#change('FATAL'); // BACKOFF -> FATAL
    this.#log.info(`gave up: ${this.config.name} entered FATAL state, too many start retries too quickly`);
  }

  #exited(outcome: WaitStatus): void {
    const status = exitStatusOf(outcome);
    const expected = this.config.exitCodes.includes(status);
    if (this.#state === 'STARTING') this.#change('RUNNING'); // STARTING -> RUNNING, it lived long enough
    this.#run.exitStatus = status;
    this.#history.ended(status);
    if (!expected) this.#history.failed(`ended unexpectedly: ${describeWaitStatus(outcome)}`);
    const isKnown = outcome.code !== null || outcome.signal !== null;
    if (!expected)
      this.#run.spawnError = isKnown ? `Bad exit code ${status}` : 'Ended while no supervisor watched it';
    const message = `exited: ${this.config.name} (${describeWaitStatus(outcome)}; ${expected ? 'expected' : 'not expected'})`;
    if (expected) this.#log.info(message);
    else this.#log.warn(message);
    const lived = this.uptimeMs;
    this.#change('EXITED'); // RUNNING -> EXITED
    this.#follow(afterExit(this.config, expected, lived, this.#pace));
  }

  #follow(next: NextStart): void {
    if (next.by === 'giving up') this.#giveUp();
    else if (next.by === 'policy') this.#startAfter(next.afterMs);
    else if (next.by === 'rule') this.#startIn(next.afterMs);
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
    this.#timer.set(ms, () => this.#startByItself());
  }

  /** When it starts by itself, if it will: in these states nothing else is waited for. */
  get #startsInMs(): number | undefined {
    return this.#state === 'BACKOFF' || this.#state === 'EXITED' ? this.#timer.dueInMs : undefined;
  }

  #startByItself(): void {
    if (!this.#mayStart()) return;
    this.#history.startedByItself();
    this.#start(); // STOPPED, EXITED, BACKOFF -> STARTING
  }

  #stopped(how: string, asAsked: boolean): void {
    this.#child = undefined;
    const message = `stopped: ${this.config.name} (${how})`;
    if (asAsked && this.config.exitCodes.includes(this.#run.exitStatus ?? -1)) this.#log.info(message);
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
      this.#run.spawnError = reason;
      this.#startAfter(paceMs);
    }
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

  /** The only place where the state changes. */
  #change(next: ProcessState): void {
    if (!transitions[this.#state].includes(next))
      throw new Error(`${this.config.name}: ${this.#state} -> ${next} is no transition`);
    this.#timer.cancel();
    const from = this.#state;
    this.#state = next;
    this.#run.stateChanged();
    this.#onTransition?.({
      from,
      to: next,
      pid: from === 'BACKOFF' ? 0 : this.#run.pid,
      tries: this.#run.failedStarts,
      expected: this.config.exitCodes.includes(this.#run.exitStatus ?? -1),
    });
    this.#tellListeners();
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
