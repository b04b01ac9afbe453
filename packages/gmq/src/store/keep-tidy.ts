import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import type { Bounds } from './bounds.ts';
import type { QueueStore } from './queue-store.ts';

/** With nothing that has to end at a time, it is enough to look seldom: an idle queue sleeps. */
const seldomMs = 60_000;
const oftenMs = 5000;
/** While there is more to do: those who wait for an answer come first. */
const breathMs = 20;

/** Lets a store drop what is too old and give back space, as long as it runs. */
export function keepTidy(
  store: Pick<QueueStore, 'tidy'>,
  { clock, logger, bounds }: { clock: Clock; logger: Logger; bounds: () => Pick<Bounds, 'timeToLiveMs'> },
): { stop(): void } {
  let stopped = false;
  let timer = clock.after(oftenMs, tidy);
  function tidy() {
    store
      .tidy()
      .catch((error: unknown) => {
        logger.debug(`the queue is not tidied up now: ${describeError(error)}`);
        return false;
      })
      .then((more) => {
        if (!stopped) timer = clock.after(more ? breathMs : pause(), tidy);
      });
  }
  function pause(): number {
    const { timeToLiveMs } = bounds();
    if (timeToLiveMs === undefined) return seldomMs;
    return Math.min(Math.max(timeToLiveMs / 50, oftenMs), seldomMs);
  }
  return {
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
