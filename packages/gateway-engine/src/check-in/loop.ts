import { dirname } from 'node:path';
import { gatewayAliases } from '@gateway-engine/device-api';
import {
  DeviceApiError,
  type DeviceClient,
  type TrafficClass,
  type Verdict,
} from '@gateway-engine/device-client';
import {
  type Clock,
  describeError,
  type Logger,
  type RetrySchedule,
  retryDelays,
} from '@gateway-engine/host';
import type { GatewayIdentity } from '../configuration/identity.ts';
import type { InstallJournal } from '../ota/journal.ts';
import type { InstallRunner } from '../ota/run.ts';
import { InstallWorker } from '../ota/worker.ts';
import { isOutOfSpace, noSpaceLeft } from '../state/disk-space.ts';
import { hasReserve, makeReserve } from '../state/reserve.ts';
import { activate } from './activation.ts';
import { type CheckInAnswer, type CheckInParts, checkIn } from './check-in.ts';
import { isCommunicationError } from './communication.ts';
import { afterRead, type InstructionWatch, unknownSeries } from './instruction-watch.ts';
import { acceptInstruction } from './instructions.ts';
import { readInterval } from './update-interval.ts';
import { waitForInstruction } from './wait-for-instruction.ts';
import { sleepUntil, WakeUp, withEither } from './wake-up.ts';

export interface LoopParts extends CheckInParts {
  readonly client: DeviceClient;
  readonly identity: GatewayIdentity;
  readonly gatewayCfg: string;
  /** The file that keeps space for the journal. */
  readonly reserve: string;
  readonly journal: InstallJournal;
  readonly runner: InstallRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly longPoll: boolean;
  /** Whether traffic of a class may go to the platform now. */
  readonly budget: (trafficClass: TrafficClass) => Promise<Verdict>;
  readonly activationRetryMs: number;
  /** What a gateway does once with its key to belong to its product; false: to be tried again after the next check-in. */
  readonly enrol: (signal: AbortSignal) => Promise<boolean>;
  /** The platform has been reached, and knows the gateway. */
  readonly onCheckIn: () => void;
  /** Told why a check-in has failed. */
  readonly onFailedCheckIn?: ((error: unknown) => void) | undefined;
  /** Writes an adopted update interval into Engine.config. */
  readonly keepInterval: (seconds: number) => Promise<void>;
}

/** When to check in again after a check-in that failed; never later than the interval. */
const checkInRetry: RetrySchedule = { initialMs: 2_000, factor: 2, maximumMs: 60_000, jitter: 0.5 };
const neededBytes = 16 * 1024 * 1024;
/** Over its budget a gateway stays in reach, but no more than that: it asks at most so often. */
const leastOverBudgetMs = 3_600_000;
const freely: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };

type Outcome = 'done' | 'refused' | 'failed';

/** The cycle of the engine: activate, check in, wait; installs are carried out beside it. */
export class CheckInLoop {
  readonly #parts: LoopParts;
  readonly #worker: InstallWorker;
  readonly #news = new WakeUp();
  #intervalSeconds: number;
  #watch: InstructionWatch = unknownSeries;
  /** Whether long polls are answered. */
  #polls = false;
  #leftToPolls: string | undefined;
  /** The last bad interval, noted once though a numeric resource cannot be cleared. */
  #badInterval: string | undefined;
  #saidFull = false;
  #enrolled = false;
  /** Of the traffic that keeps the gateway in reach, at the last check-in. */
  #budget: Verdict = freely;

  constructor(parts: LoopParts, intervalSeconds: number) {
    this.#parts = parts;
    this.#intervalSeconds = intervalSeconds;
    this.#worker = new InstallWorker({
      runner: parts.runner,
      clock: parts.clock,
      onNews: () => this.#news.call(),
      onFullDisk: (error) => this.#withoutSpace(error),
    });
  }

  /** There is something to be told: the next check-in is made at once. */
  checkInSoon(): void {
    this.#news.call();
  }

  /** For ever, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<never> {
    const ending = new AbortController();
    return await withEither(signal, ending.signal, async (until) => {
      const tasks = [this.#checkIns(until), this.#worker.run(until)];
      try {
        return await Promise.race(tasks);
      } finally {
        // Whichever ended by a defect, the other must not go on by itself.
        ending.abort();
        await Promise.allSettled(tasks);
      }
    });
  }

  async #checkIns(signal: AbortSignal): Promise<never> {
    let delays = retryDelays(checkInRetry);
    for (;;) {
      this.#news.rearm();
      const outcome = await this.#cycle(signal);
      if (outcome === 'done') delays = retryDelays(checkInRetry);
      const retryMs = delays.next().value ?? checkInRetry.maximumMs;
      if (outcome === 'done') await this.#wait(signal);
      else await this.#parts.clock.sleep(this.#pauseAfter(outcome, retryMs), signal);
    }
  }

  /** A check-in, the work it brings, and when there was some, a check-in that tells the outcome. */
  async once(signal: AbortSignal): Promise<Outcome> {
    await this.#worker.carryOutToTheEnd(signal);
    for (;;) {
      const outcome = await this.#cycle(signal);
      if (outcome !== 'done' || !(await this.#worker.carryOutToTheEnd(signal))) return outcome;
    }
  }

  /** A check-in, and whatever activation it needs. */
  async #cycle(signal: AbortSignal): Promise<Outcome> {
    if (this.#parts.client.cik === undefined && !(await activate(this.#parts, signal))) return 'refused';
    for (let activated = false; ; ) {
      const outcome = await this.#checkIn(signal);
      if (outcome === 'refused' && !activated) {
        activated = await activate(this.#parts, signal);
        // It may be another device to the platform now, one that has reported nothing.
        if (activated) this.#parts.reports.forget();
        if (activated) this.#enrolled = false;
        if (activated) continue;
      }
      return outcome;
    }
  }

  async #checkIn(signal: AbortSignal): Promise<Outcome> {
    const { logger, outbox, reserve } = this.#parts;
    try {
      makeReserve(reserve);
      if (hasReserve(reserve)) this.#saidFull = false;
      this.#budget = await this.#askBudget();
      const answer = await checkIn(this.#parts, this.#budget, signal);
      logger.debug('checked in');
      this.#parts.onCheckIn();
      await this.#takeRead(answer, signal);
      await this.#adoptInterval(answer.updateInterval, signal);
      await this.#enrol(signal);
      // A note that came up just now should not wait for the next interval.
      const mayTell = this.#budget.kind === 'may' && !this.#news.signal.aborted;
      if (mayTell && outbox.pending()) await this.#sendStatus(signal);
      return 'done';
    } catch (error) {
      if (!signal.aborted) this.#parts.onFailedCheckIn?.(error);
      return this.#failure(error, 'check-in failed', signal);
    }
  }

  async #enrol(signal: AbortSignal): Promise<void> {
    if (this.#enrolled || this.#budget.kind === 'waits') return;
    this.#enrolled = await this.#parts.enrol(signal);
  }

  async #askBudget(): Promise<Verdict> {
    const { budget, logger } = this.#parts;
    const verdict = await budget('control');
    if (verdict.kind !== this.#budget.kind) {
      if (verdict.kind === 'may') logger.info('the byte budget lets reports go again');
      else logger.warn(`reports and long polls wait for the byte budget: ${verdict.because}`);
    }
    return verdict;
  }

  /**
   * What a check-in read as `engine_fetch`. While polls are answered an instruction is left to them: they give every
   * point in order, and the newest may not be the only new one. One that they do not give by the next check-in (the
   * server's clock went back) is taken from the read after all.
   */
  async #takeRead({ engineFetch, date }: CheckInAnswer, signal: AbortSignal): Promise<void> {
    const { journal } = this.#parts;
    const leftBefore = this.#leftToPolls;
    this.#leftToPolls = undefined;
    const isKnown = journal.isUncleared(engineFetch);
    if (engineFetch === '') {
      journal.instructionCleared();
      if (!this.#polls) this.#watch = afterRead(this.#watch, { date, value: engineFetch });
      return;
    }
    if (!isKnown && this.#polls && leftBefore !== engineFetch) {
      this.#leftToPolls = engineFetch;
      return;
    }
    let found: { date: number | undefined; value: string } | undefined = { date, value: engineFetch };
    while (found) {
      if (!isKnown || !this.#polls) this.#watch = afterRead(this.#watch, found);
      const other = await this.#accept(found.value, signal);
      // One that came meanwhile is left to the polls as well, when there are any.
      found = this.#polls ? undefined : other;
    }
  }

  async #accept(text: string, signal: AbortSignal, secondIsOver = false) {
    const parts = { ...this.#parts, onWork: () => this.#worker.wake() };
    return await acceptInstruction(text, parts, signal, secondIsOver);
  }

  async #sendStatus(signal: AbortSignal): Promise<void> {
    const { outbox, client } = this.#parts;
    const status = outbox.pending();
    if (!status) return;
    await client.write([[gatewayAliases.fetchStatus, status.text]], { signal });
    outbox.delivered(status);
  }

  async #adoptInterval(value: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, outbox, logger, keepInterval } = this.#parts;
    const read = readInterval(value);
    if (read.kind === 'none') return;
    if (read.kind === 'bad' && value !== this.#badInterval) {
      this.#badInterval = value;
      outbox.add(read.problem);
      logger.warn(read.problem);
    }
    if (read.kind === 'seconds' && read.seconds !== this.#intervalSeconds) {
      await keepInterval(read.seconds);
      this.#intervalSeconds = read.seconds;
      logger.info({ seconds: read.seconds }, 'new update interval');
    }
    await client.write([[gatewayAliases.updateInterval, '']], { signal });
  }

  /** A full disk keeps the gateway from its work, but not from saying so. */
  #withoutSpace(error: unknown): Outcome {
    const { logger, outbox, reserve } = this.#parts;
    const problem = `${noSpaceLeft(dirname(reserve), neededBytes)} (${describeError(error)})`;
    logger.error(problem);
    // Once, until there is space again.
    if (!this.#saidFull) outbox.add(problem);
    this.#saidFull = true;
    return 'failed';
  }

  /** Milliseconds until the next attempt after a check-in that failed; never longer than the interval. */
  #pauseAfter(outcome: 'refused' | 'failed', retryMs: number): number {
    if (outcome === 'refused') return this.#parts.activationRetryMs;
    return Math.min(retryMs, this.#intervalSeconds * 1000);
  }

  #pauseMs(): number {
    const ms = this.#intervalSeconds * 1000;
    if (this.#budget.kind === 'may') return ms;
    const untilMs = Math.max(0, this.#budget.until - this.#parts.clock.now());
    return Math.max(ms, Math.min(leastOverBudgetMs, untilMs));
  }

  /** Waits for the next check-in: the interval, or until there is an instruction. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock, longPoll } = this.#parts;
    const wake = this.#news.signal;
    const ms = this.#pauseMs();
    if (!longPoll || this.#budget.kind === 'waits') {
      this.#polls = false;
      return await sleepUntil(clock, ms, signal, wake);
    }
    const waited = await waitForInstruction(this.#parts, this.#watch, ms, signal, wake);
    this.#watch = waited.watch;
    this.#polls = waited.polls;
    if (waited.instruction === undefined) return undefined;
    if (waited.instruction === this.#leftToPolls) this.#leftToPolls = undefined;
    try {
      // Another one that is there already is given by the next poll.
      await this.#accept(waited.instruction, signal, waited.secondIsOver);
      return undefined;
    } catch (error) {
      this.#failure(error, 'the instruction cannot be cleared now', signal);
      return undefined;
    }
  }

  /** What the platform or the network did is logged and passes; anything else is a defect of ours. */
  #failure(error: unknown, what: string, signal: AbortSignal): Outcome {
    signal.throwIfAborted();
    if (isOutOfSpace(error)) return this.#withoutSpace(error);
    if (!isCommunicationError(error)) throw error;
    this.#parts.logger.warn(`${what}: ${describeError(error)}`);
    return error instanceof DeviceApiError && error.status === 401 ? 'refused' : 'failed';
  }
}
