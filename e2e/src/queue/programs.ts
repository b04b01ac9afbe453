import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GmqUnderTest } from './gmq-under-test.ts';
import type { PointLedger, SentPoint } from './point-ledger.ts';
import type { QueueSite, Speaker } from './queue-site.ts';

export const recordAliases = ['r0', 'r1', 'r2', 'r3'] as const;
/** Many, since the store keeps one point per alias and second, and each write is to be found again. */
const writeAliases: readonly string[] = Array.from({ length: 20 }, (_, index) => `w${index}`);
export const aliases: readonly string[] = [...recordAliases, ...writeAliases];

/** Longer than a second: two writes of one alias must not share one. */
const writeEveryMs = 1_100;

export interface LoadPlan {
  readonly gmq: Pick<GmqUnderTest, 'url'>;
  readonly speakers: readonly Speaker[];
  readonly ledger: PointLedger;
  /** Programs of each device. */
  readonly programs: number;
  /** Of a program between two requests. */
  readonly pauseMs: number;
  /** Seconds for records; each is used once. */
  readonly seconds: Iterator<number>;
  /** When each alias was written last, for loads that follow each other. */
  readonly lastWrites?: Map<string, number>;
}

/** Seconds of the past, one after another: records may have any. */
export function* pastSeconds(from = 1_000_000_000): Generator<number, never> {
  for (let second = from; ; second++) yield second;
}

/** One program of each device, which sends for as long as a fault is looked at, and no more than the queue can take. */
export function steadyPrograms(site: QueueSite, ledger: PointLedger): LocalPrograms {
  return new LocalPrograms({
    gmq: site.gmq,
    speakers: site.speakers,
    ledger,
    programs: 1,
    pauseMs: 20,
    seconds: pastSeconds(),
  });
}

/** The programs of a gateway at work: they record and write through the queue without pause until they are stopped. */
export class LocalPrograms implements AsyncDisposable {
  readonly #plan: LoadPlan;
  readonly #agent: Agent;
  readonly #work: Promise<void>[];
  readonly #lastWrites: Map<string, number>;
  readonly answers = new Map<number | 'none', number>();
  #going = true;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#lastWrites = plan.lastWrites ?? new Map();
    this.#agent = new Agent({ keepAlive: true });
    this.#work = plan.speakers.flatMap((speaker) =>
      Array.from({ length: plan.programs }, (_, number) => this.#program(speaker, number)),
    );
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#work);
    this.#agent.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #program(speaker: Speaker, number: number): Promise<void> {
    for (let round = number; this.#going; round++) {
      await sleep((await this.#request(speaker, round % 4)) ? this.#plan.pauseMs : 20);
    }
  }

  #request(speaker: Speaker, kind: number): Promise<boolean> {
    switch (kind) {
      case 0:
        return this.#write(speaker);
      case 1:
        return this.#batch(speaker);
      case 2:
        return this.#record(speaker, 3);
      default:
        return this.#record(speaker, 1);
    }
  }

  /** One request with points of several aliases. */
  #record(speaker: Speaker, count: number): Promise<boolean> {
    const points = recordAliases.slice(0, count).map((alias) => this.#enter(speaker, alias));
    const body = points.map(({ alias, at, value }) => `alias=${alias}&${at}=${value}`).join('&');
    return this.#send(speaker, '/onep:v1/stack/record', body, points);
  }

  /** Several points in one request of the batch endpoint. */
  #batch(speaker: Speaker): Promise<boolean> {
    const points = recordAliases.map((alias) => this.#enter(speaker, alias));
    const lines = points.map(({ alias, at, value }) => `${JSON.stringify({ alias, value, at })}\n`);
    return this.#send(speaker, '/batch', lines.join(''), points, 'application/x-ndjson');
  }

  #enter(speaker: Speaker, alias: string): SentPoint {
    return this.#plan.ledger.enter(speaker.sn, alias, this.#plan.seconds.next().value);
  }

  async #write(speaker: Speaker): Promise<boolean> {
    const now = performance.now();
    const name = (alias: string) => `${speaker.sn} ${alias}`;
    const last = (alias: string) => this.#lastWrites.get(name(alias)) ?? Number.NEGATIVE_INFINITY;
    const alias = writeAliases.find((each) => now - last(each) > writeEveryMs);
    if (alias === undefined) return true;
    // Taken until there is an answer: the queue stamps it at some time before that.
    this.#lastWrites.set(name(alias), Number.POSITIVE_INFINITY);
    const point = this.#plan.ledger.enter(speaker.sn, alias);
    try {
      return await this.#send(speaker, '/onep:v1/stack/alias', `${alias}=${point.value}`, [point]);
    } finally {
      this.#lastWrites.set(name(alias), performance.now());
    }
  }

  /** False when there was no answer at all: nothing was promised then. */
  async #send(
    speaker: Speaker,
    path: string,
    body: string,
    points: readonly SentPoint[],
    type = 'application/x-www-form-urlencoded',
  ): Promise<boolean> {
    const status = await this.#post(path, body, { ...speaker.headers, 'Content-Type': type });
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    if (status === 204) for (const point of points) point.acknowledged = true;
    return status !== 'none';
  }

  #post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<number | 'none'> {
    return new Promise((resolve) => {
      const call = request(
        `${this.#plan.gmq.url}${path}`,
        { method: 'POST', headers: { ...headers, 'Content-Length': body.length }, agent: this.#agent },
        (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode ?? 'none'));
          answer.on('error', () => resolve('none'));
        },
      );
      // A queue that is stopped by a test must not hold a program for ever.
      call.setTimeout(15_000, () => call.destroy());
      call.on('error', () => resolve('none'));
      call.end(body);
    });
  }
}
