import type { Clock } from '../clock.ts';
import { describeError } from '../command-line.ts';
import type { Logger } from '../logger.ts';
import { type RetrySchedule, retryDelays } from '../retry-schedule.ts';
import type { MetricFamily } from './metric-family.ts';
import { formatOtlp } from './otlp-json.ts';
import { type PushAccount, type PushAnswer, type PushTraffic, pushOtlp } from './otlp-push.ts';
import type { OtlpSettings } from './otlp-settings.ts';

export type { PushTraffic };

export interface OtlpExporterParts extends PushAccount {
  readonly settings: OtlpSettings;
  readonly read: () => Promise<readonly MetricFamily[]>;
  readonly clock: Clock;
  /** Wall time that points are stamped with, milliseconds; the clock's own by default. */
  readonly now?: () => number;
  readonly logger: Logger;
  /** Asked before each push: false, and this one is left out. */
  readonly mayPush?: () => Promise<boolean>;
  /** Told of each push: `sent`, `failed`, or `held` when it may not go. */
  readonly onPush?: (outcome: 'sent' | 'failed' | 'held') => void;
  readonly random?: () => number;
}

/** How much longer than the interval it is to the next push after failures in a row. */
const afterFailure: RetrySchedule = { initialMs: 5_000, factor: 2, maximumMs: 600_000, jitter: 0.3 };

/**
 * Pushes the figures every so often. They are cumulative: what could not be sent is in the next push, so that nothing is
 * kept, and one push at most is under way. Whatever the collector does, it is logged once and harms nobody.
 */
export class OtlpExporter {
  readonly #parts: OtlpExporterParts;
  readonly #ending = new AbortController();
  readonly #startMs: number;
  #work: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(parts: OtlpExporterParts) {
    this.#parts = parts;
    this.#startMs = this.#now();
  }

  start(): void {
    this.#work = this.#run();
  }

  /** Ends a push that is under way. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { settings, random = Math.random } = this.#parts;
    const { signal } = this.#ending;
    // The processes of a fleet that come up at the same time push at different ones.
    let pauseMs = settings.intervalMs * (0.5 + random() / 2);
    let delays = retryDelays(afterFailure, random);
    while (await this.#sleep(pauseMs)) {
      const answer = await this.#push();
      if (signal.aborted) return;
      if (answer.kind === 'failed') {
        pauseMs = Math.max(settings.intervalMs + (delays.next().value ?? 0), answer.retryAfterMs ?? 0);
      } else {
        delays = retryDelays(afterFailure, random);
        pauseMs = settings.intervalMs;
      }
    }
  }

  async #sleep(ms: number): Promise<boolean> {
    const { signal } = this.#ending;
    await this.#parts.clock.sleep(ms, signal).catch(() => undefined);
    return !signal.aborted;
  }

  async #push(): Promise<PushAnswer> {
    const { settings, read, mayPush, onPush } = this.#parts;
    try {
      if (mayPush && !(await mayPush())) {
        onPush?.('held');
        return { kind: 'sent' };
      }
      const { attributes } = settings;
      const body = formatOtlp(await read(), { attributes, startMs: this.#startMs, nowMs: this.#now() });
      const answer = await pushOtlp(settings, body, this.#ending.signal, this.#parts);
      this.#note(answer.problem);
      onPush?.(answer.kind);
      return answer;
    } catch (error) {
      // A defect in what is measured must not end the process that is measured.
      this.#note(describeError(error));
      onPush?.('failed');
      return { kind: 'failed' };
    }
  }

  /** Said once for each kind of problem, and when it is over. */
  #note(problem: string | undefined): void {
    if (problem === this.#problem || this.#ending.signal.aborted) return;
    const { logger, settings } = this.#parts;
    const { host } = new URL(settings.url);
    if (problem === undefined) logger.info(`metrics are pushed to ${host} again`);
    else logger.warn(`metrics cannot be pushed to ${host}, trying on: ${problem}`);
    this.#problem = problem;
  }

  #now(): number {
    return this.#parts.now?.() ?? this.#parts.clock.now();
  }
}
