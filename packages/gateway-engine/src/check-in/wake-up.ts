import type { Clock } from '@gateway-engine/host';

/** Lets one task end the wait of another. A call ends the wait that is under way, or the next one. */
export class WakeUp {
  #controller = new AbortController();

  /** Aborted when the wait is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  call(): void {
    this.#controller.abort();
  }

  /** Calls so far have been heard: to be said before the work that they ask for is begun. */
  rearm(): void {
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
  }
}

/** Sleeps, but no longer than until `wake` is aborted. Rejects when `signal` is. */
export async function sleepUntil(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  wake: AbortSignal | undefined,
): Promise<void> {
  try {
    await withEither(signal, wake, (either) => clock.sleep(ms, either));
  } catch (error) {
    signal.throwIfAborted();
    if (!wake?.aborted) throw error;
  }
}

/**
 * Does work that both signals end. Not AbortSignal.any: what it gives may be collected while nothing but a timer or a
 * socket waits on it, and then never tells.
 */
export async function withEither<T>(
  one: AbortSignal,
  other: AbortSignal | undefined,
  work: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!other) return await work(one);
  const controller = new AbortController();
  const sources = [one, other];
  const end = () => controller.abort(sources.find(({ aborted }) => aborted)?.reason);
  for (const source of sources) source.addEventListener('abort', end);
  try {
    if (sources.some(({ aborted }) => aborted)) end();
    return await work(controller.signal);
  } finally {
    for (const source of sources) source.removeEventListener('abort', end);
  }
}
