import type { FileHandle } from 'node:fs/promises';
import { rm, stat } from 'node:fs/promises';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import type { Content } from '../store/port.ts';
import { DeltaCache } from './delta-cache.ts';
import { makeApart } from './make-apart.ts';
import { NoDelta } from './make-delta.ts';

export interface DeltaOptions {
  /** Where they are kept. */
  readonly folder: string;
  /** Bytes kept at most. */
  readonly maximumBytes?: number;
  /** How long a request may wait for one that is being made, milliseconds. */
  readonly patienceMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `none`: these two have no delta that is worth it. `later`: it is still being made, or many others are before it. */
export type FoundDelta = { readonly file: FileHandle; readonly size: number } | 'none' | 'later';

/** One that spares less than a tenth is not worth the work on both sides. */
const worthwhile = 0.9;
const waitingAtMost = 100;
/** One that could not be made is not tried again before: a gateway that is told to come later must not wait for ever. */
const failedForMs = 600_000;

/**
 * Deltas between contents, made when one is first asked for and then kept. One is made at a time, in a process of its
 * own unless it is small; those who ask for the same one wait for the same work.
 */
export class Deltas {
  readonly #cache: DeltaCache;
  readonly #options: DeltaOptions;
  readonly #making = new Map<string, Promise<void>>();
  /** When those that could not be made may be tried again, monotonic. */
  readonly #failed = new Map<string, number>();
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();
  readonly #counts = { made: 0, none: 0, failed: 0 };

  private constructor(cache: DeltaCache, options: DeltaOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  static async open(options: DeltaOptions): Promise<Deltas> {
    const { folder, maximumBytes = 1024 ** 3 } = options;
    return new Deltas(await DeltaCache.open(folder, maximumBytes), options);
  }

  /** The caller closes the file. */
  async between(from: Content, to: Content): Promise<FoundDelta> {
    const key = `${from.sha256}-${to.sha256}`;
    const cached = await this.#cache.find(key);
    if (cached) return cached;
    if (this.#hasFailed(key)) return 'none';
    const making = this.#making.get(key) ?? this.#begin(key, from, to);
    if (!making || !(await this.#endsSoon(making))) return 'later';
    return (await this.#cache.find(key)) ?? (this.#hasFailed(key) ? 'none' : 'later');
  }

  /** What came of attempts so far, and how many wait or are under way. */
  get counts(): Readonly<Record<'made' | 'none' | 'failed' | 'making', number>> {
    return { ...this.#counts, making: this.#making.size };
  }

  /** Ends the work that is under way; whoever waits for it is told to come later. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  #begin(key: string, from: Content, to: Content): Promise<void> | undefined {
    if (this.#closing.signal.aborted || this.#making.size >= waitingAtMost) return undefined;
    const work = this.#last
      .then(() => this.#make(key, from, to))
      .catch((error) => {
        this.#options.logger.error(`no delta from ${from.id} to ${to.id}: ${describeError(error)}`);
        this.#counts.failed++;
        this.#failed.set(key, this.#options.clock.monotonic() + failedForMs);
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, work);
    this.#last = work;
    return work;
  }

  async #make(key: string, from: Content, to: Content): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const draft = this.#cache.draft(key);
    const about = { product: to.product, from: from.id, to: to.id };
    try {
      await makeApart(from.blob, to.blob, draft, signal);
      const { size } = await stat(draft);
      const isWorthIt = size <= worthwhile * to.size;
      logger.info(
        { ...about, bytes: size, whole: to.size },
        isWorthIt ? 'made a delta' : 'a delta would spare too little',
      );
      this.#counts[isWorthIt ? 'made' : 'none']++;
      return isWorthIt ? await this.#cache.put(key) : await this.#cache.putNone(key);
    } catch (error) {
      if (error instanceof NoDelta) {
        this.#counts.none++;
        logger.info({ ...about, because: error.message }, 'there is no delta');
        return await this.#cache.putNone(key);
      }
      await rm(draft, { force: true });
      if (!signal.aborted) throw error;
    }
  }

  #hasFailed(key: string): boolean {
    const now = this.#options.clock.monotonic();
    for (const [each, until] of this.#failed) if (until <= now) this.#failed.delete(each);
    return this.#failed.has(key);
  }

  /** Whether the work ends within the patience of who asks. */
  async #endsSoon(work: Promise<void>): Promise<boolean> {
    const { clock, patienceMs = 20_000 } = this.#options;
    const over = new AbortController();
    const patience = clock.sleep(patienceMs, over.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([work.then(() => true), patience]);
    } finally {
      over.abort();
    }
  }
}
