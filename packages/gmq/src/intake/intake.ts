import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, describeError, type Logger, wholeSeconds } from '@gateway-engine/host';
import type { Caller } from '../store/identity.ts';
import type { Point, QueueStore } from '../store/queue-store.ts';
import type { Uploader } from '../upload/uploader.ts';
import { callerOf } from './caller.ts';
import { activatedDevice, recordedPoints, recordedPointsOf, writtenPoints } from './points.ts';
import { BodyBudget, ClientGone, readBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { RefusalLog } from './refusal-log.ts';
import { type Answer, errorAnswer, respond } from './respond.ts';
import { checkForm, routeOf } from './routes.ts';

export interface IntakeParts {
  readonly store: QueueStore;
  readonly uploader: Pick<Uploader, 'written' | 'recorded' | 'activate'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reread: () => Promise<void>;
}

const done: Answer = { status: 204 };

/**
 * Takes requests of local programs. A 204 is sent only after every point of the request is on disk; any other answer
 * means that nothing of it is stored.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #budget = new BodyBudget();
  readonly #refusals: RefusalLog;
  #storeFails = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#refusals = new RefusalLog(parts.clock, parts.logger);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    try {
      respond(response, await this.#answer(request));
    } catch (error) {
      if (error instanceof ClientGone) return;
      const status = error instanceof Refusal ? error.status : 500;
      // A body that nobody reads would be taken for the next request.
      request.resume();
      if (error instanceof Refusal) {
        if (!error.logged) {
          this.#refusals.refused(status, `${request.method} ${path.slice(0, 80)}`, describeError(error));
        }
      } else this.#parts.logger.error(error, 'a request failed in an unexpected way');
      respond(response, errorAnswer(status));
    }
  }

  /** A connection beyond the limit was closed unanswered. */
  connectionDropped(): void {
    this.#refusals.refused(503, 'a connection', 'too many at once; it is closed without an answer');
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const route = routeOf(request.method ?? '', request.url ?? '/');
    if (!route) throw new Refusal(404, 'not served here');
    if (route.kind === 'reread') {
      await this.#parts.reread();
      return done;
    }
    checkForm(request.headers);
    if (route.kind === 'activate') return this.#activate(await readBody(request, this.#budget));
    const caller = callerOf(request.headers);
    const body = await readBody(request, this.#budget);
    const now = wholeSeconds(this.#parts.clock);
    if (route.kind === 'write') {
      const accepted = await this.#store(caller, writtenPoints(body, now), now);
      if (accepted) this.#parts.uploader.written(accepted);
    } else {
      const points =
        route.kind === 'record' ? recordedPoints(body, now) : recordedPointsOf(route.alias, body, now);
      const accepted = await this.#store(caller, points, now);
      if (accepted) this.#parts.uploader.recorded(accepted);
    }
    return done;
  }

  async #activate(body: Buffer): Promise<Answer> {
    const device = activatedDevice(body);
    const identity = await this.#guard(() => this.#parts.store.enrol({ device }));
    if (identity.cik !== undefined) {
      return { status: 200, body: identity.cik, contentType: 'text/plain; charset=utf-8' };
    }
    this.#parts.uploader.activate(identity.id);
    return done;
  }

  async #store(caller: Caller, points: readonly Point[], now: number) {
    if (points.length === 0) return undefined;
    return await this.#guard(() => this.#parts.store.accept(caller, points, now));
  }

  /** A disk that takes nothing is the caller's to wait for: 503, said once until it takes something again. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#storeFails) this.#parts.logger.info('the queue takes records again');
      this.#storeFails = false;
      return result;
    } catch (cause) {
      if (!this.#storeFails) {
        this.#parts.logger.error(
          `the queue cannot store records and answers 503 until it can: ${describeError(cause)}`,
        );
      }
      this.#storeFails = true;
      throw new Refusal(503, 'the queue cannot store it', { cause, logged: true });
    }
  }
}
