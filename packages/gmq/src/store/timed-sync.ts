import type { Clock } from '@gateway-engine/host';
import type { Sync } from './group-commit.ts';

/** A sync that tells how many milliseconds the disk took, each time it has taken something. */
export function timedSync(
  sync: Sync,
  clock: Pick<Clock, 'monotonic'>,
  onSync: (tookMs: number) => void,
): Sync {
  return {
    run: () => {
      const begun = clock.monotonic();
      return sync.run().then(() => onSync(clock.monotonic() - begun));
    },
    runNow: () => sync.runNow(),
  };
}
