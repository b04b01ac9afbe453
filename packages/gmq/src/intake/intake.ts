import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, describeError, type Logger, wholeSeconds } from '@gateway-engine/host';
import type { QueueStatus } from '../status.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { Uploader } from '../upload/uploader.ts';
import type { Acceptance } from './acceptance.ts';
import { batchEntries } from './batch.ts';
import { callerIfNamed, callerOf } from './caller.ts';
import { activatedDevice, recordedPoints, recordedPointsOf, writtenPoints } from './points.ts';
import { type BodyBudget, ClientGone, readBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import type { RefusalLog } from './refusal-log.ts';
import { type Answer, errorAnswer, jsonAnswer, respond } from './respond.ts';
import { checkBatchType, checkForm, routeOf } from './routes.ts';

export interface IntakeParts {
  readonly store: Pick<QueueStore, 'enrol'>;
  readonly acceptance: Acceptance;
  readonly uploader: Pick<Uploader, 'activate'>;
  readonly budget: BodyBudget;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reread: () => Promise<void>;
  readonly drain: () => void;
  readonly status: () => QueueStatus;
}

const done: Answer = { status: 204 };

/**
 * Takes requests of local programs. A 204 is sent only after every point of the request is on disk; any other answer
 * means that nothing of it is stored.
 */
export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    try {
      respond(response, await this.#answer(request));
    } catch (error) {
      if (error instanceof ClientGone) return;
      // A body that nobody reads would be taken for the next request.
      request.resume();
      if (!(error instanceof Refusal)) {
        this.#parts.logger.error(error, 'a request failed in an unexpected way');
        respond(response, errorAnswer(500));
        return;
      }
      if (!error.logged) {
        const what = `${request.method} ${path.slice(0, 80)}`;
        this.#parts.refusals.refused(error.status, what, describeError(error));
      }
      respond(response, errorAnswer(error.status, error.told ? error.message : undefined));
    }
  }

  /** A connection beyond the limit was closed unanswered. */
  connectionDropped(): void {
    this.#parts.refusals.refused(503, 'a connection', 'too many at once; it is closed without an answer');
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const route = routeOf(request.method ?? '', request.url ?? '/');
    if (!route) throw new Refusal(404, 'not served here');
    if (route.kind === 'reread') {
      await this.#parts.reread();
      return done;
    }
    if (route.kind === 'drain') {
      this.#parts.drain();
      return done;
    }
    if (route.kind === 'status') return jsonAnswer(this.#parts.status());
    if (route.kind === 'batch') return this.#batch(request);
    checkForm(request.headers);
    if (route.kind === 'activate') return this.#activate(await readBody(request, this.#parts.budget));
    const caller = callerOf(request.headers);
    const body = await readBody(request, this.#parts.budget);
    const now = wholeSeconds(this.#parts.clock);
    const written = route.kind === 'write';
    const points = written
      ? writtenPoints(body, now)
      : route.kind === 'record'
        ? recordedPoints(body, now)
        : recordedPointsOf(route.alias, body, now);
    await this.#parts.acceptance.accept([{ caller, points }], now, written ? 'written' : 'recorded');
    return done;
  }

  async #batch(request: IncomingMessage): Promise<Answer> {
    checkBatchType(request.headers);
    const known = callerIfNamed(request.headers);
    const body = await readBody(request, this.#parts.budget);
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
