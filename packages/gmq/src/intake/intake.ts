import { type Clock, describeError, type Logger, wholeSeconds } from '@gateway-engine/host';
import { type Answer, errorAnswer, jsonAnswer } from '../http/answer.ts';
import type { Head, Headers } from '../http/head.ts';
import type { Request } from '../http/request-reader.ts';
import type { QueueMetrics } from '../metrics/queue-metrics.ts';
import type { QueueStatus } from '../status.ts';
import type { Caller } from '../store/identity.ts';
import type { Point } from '../store/points.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { Uploader } from '../upload/uploader.ts';
import type { Acceptance } from './acceptance.ts';
import { batchEntries } from './batch.ts';
import { callerIfNamed, callerOf } from './caller.ts';
import { activatedDevice, recordedPoints, recordedPointsOf, writtenPoints } from './points.ts';
import { Refusal } from './refusal.ts';
import { describeRequest, type RefusalLog } from './refusal-log.ts';
import { checkBatchType, checkForm, type DataRoute, type Route, routeOf } from './routes.ts';

export interface IntakeParts {
  readonly store: Pick<QueueStore, 'enrol'>;
  readonly acceptance: Acceptance;
  readonly uploader: Pick<Uploader, 'activate'>;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reread: () => Promise<void>;
  readonly drain: () => void;
  readonly status: () => QueueStatus;
  readonly metrics: Pick<QueueMetrics, 'answer'>;
}

const done: Answer = { status: 204 };

/** Undefined: done. */
type Answered = Promise<Answer> | Promise<void> | Answer | undefined;

/** A call that brings points, and whose they are. */
interface DataCall {
  readonly route: DataRoute;
  readonly caller: Caller;
}

type Meaning = DataCall | Exclude<Route, DataRoute>;

/**
 * Takes requests of local programs. A 204 is sent only after every point of the request is on disk; any other answer
 * means that nothing of it is stored.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #meanings = new WeakMap<Head, Meaning>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async answer({ head, body }: Request): Promise<Answer> {
    try {
      return (await this.#answer(head, body)) ?? done;
    } catch (error) {
      if (!(error instanceof Refusal)) {
        this.#parts.logger.error(error, 'a request failed in an unexpected way');
        return errorAnswer(500);
      }
      if (!error.logged) {
        this.#parts.refusals.refused(error.status, describeRequest(head), describeError(error));
      }
      return errorAnswer(error.status, error.told ? error.message : undefined);
    }
  }

  /** May throw, too. */
  #answer(head: Head, body: Buffer | undefined): Answered {
    const meaning = this.#meaningOf(head);
    if (body === undefined) throw new Refusal(503, 'too many large requests at once');
    if ('caller' in meaning) return this.#record(meaning, body);
    switch (meaning.kind) {
      case 'reread':
        return this.#parts.reread();
      case 'drain':
        this.#parts.drain();
        return undefined;
      case 'status':
        return jsonAnswer(this.#parts.status());
      case 'metrics':
        return this.#parts.metrics.answer(head.headers.accept === 'application/json');
      case 'batch':
        return this.#batch(head.headers, body);
      case 'activate':
        return this.#activate(body);
    }
  }

  /** What a head asks for. It is looked into once: many have the same. Throws Refusal. */
  #meaningOf(head: Head): Meaning {
    let meaning = this.#meanings.get(head);
    if (!meaning) {
      meaning = meaningOf(head);
      this.#meanings.set(head, meaning);
    }
    return meaning;
  }

  #record({ route, caller }: DataCall, body: Buffer): Promise<void> {
    const now = wholeSeconds(this.#parts.clock);
    const points = pointsOf(route, body, now);
    const haste = route.kind === 'write' ? 'written' : 'recorded';
    return this.#parts.acceptance.accept([{ caller, points }], now, haste);
  }

  async #batch(headers: Headers, body: Buffer): Promise<Answer> {
    checkBatchType(headers);
    const known = callerIfNamed(headers);
    const now = wholeSeconds(this.#parts.clock);
    await this.#parts.acceptance.accept(batchEntries(body, known, now), now, 'recorded');
    return done;
  }

  async #activate(body: Buffer): Promise<Answer> {
    const device = activatedDevice(body);
    const identity = await this.#parts.acceptance.guard(() => this.#parts.store.enrol({ device }));
    if (identity.cik !== undefined) {
      return { status: 200, body: identity.cik, contentType: 'text/plain; charset=utf-8' };
    }
    this.#parts.uploader.activate(identity.id);
    return done;
  }
}

function meaningOf({ method, target, headers }: Head): Meaning {
  const route = routeOf(method, target);
  if (!route) throw new Refusal(404, 'not served here');
  switch (route.kind) {
    case 'write':
    case 'record':
    case 'record of alias':
      checkForm(headers);
      return { route, caller: callerOf(headers) };
    case 'activate':
      checkForm(headers);
      return route;
    default:
      return route;
  }
}

function pointsOf(route: DataRoute, body: Buffer, now: number): Point[] {
  switch (route.kind) {
    case 'write':
      return writtenPoints(body, now);
    case 'record':
      return recordedPoints(body, now);
    case 'record of alias':
      return recordedPointsOf(route.alias, body, now);
  }
}
