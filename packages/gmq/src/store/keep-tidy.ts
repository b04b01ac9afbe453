import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import type { QueueStore } from './queue-store.ts';

const everyMs = 5000;
/** While there is more to do: those who wait for an answer come first. */
const breathMs = 20;

/** Lets a store drop what is too old and give back space, as long as it runs. */
export function keepTidy(store: QueueStore, clock: Clock, logger: Logger): { stop(): void } {
  let stopped = false;
  let timer = clock.after(everyMs, tidy);
  function tidy() {
    store
      .tidy()
      .catch((error: unknown) => {
        logger.debug(`the queue is not tidied up now: ${describeError(error)}`);
        return false;
      })
      .then((more) => {
        if (!stopped) timer = clock.after(more ? breathMs : everyMs, tidy);
      });
  }
  return {
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
