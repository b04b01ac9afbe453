import type { Clock } from '@gateway-engine/host';
import type { Sync } from './group-commit.ts';

/** Averages that tell a quick disk: in the thread it takes longer, by two changes of the process that runs. */
const quickMs = { inThread: 1, inPlace: 0.5 } as const;
/** So many syncs are left to the thread before waiting in place is tried (again). */
const inThreadFirst = 256;
/** What the newest sync counts in the average. */
const share = 1 / 16;

/**
 * Times a sync, and finds out how to wait for it. To hand it to a thread and to come back costs more than a quick disk
 * takes (a tenth of all acknowledgements at full load); a slow one, such as a memory card, would hold up everything else
 * meanwhile.
 */
export class PacedSync implements Sync {
  readonly #sync: Sync;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #onSync: (tookMs: number) => void;
  /** Of the syncs in the present way. */
  #averageMs = 0;
  #leftInThread = inThreadFirst;

  constructor(sync: Sync, clock: Pick<Clock, 'monotonic'>, onSync: (tookMs: number) => void) {
    this.#sync = sync;
    this.#clock = clock;
    this.#onSync = onSync;
  }

  get isQuick(): boolean {
    return this.#leftInThread === 0;
  }

  run(): Promise<void> {
    const begun = this.#clock.monotonic();
    return this.#sync.run().then(() => {
      this.#took(begun);
      if (this.#leftInThread > 1) this.#leftInThread--;
      else if (this.#averageMs <= quickMs.inThread) this.#change(0);
    });
  }

  runNow(): void {
    const begun = this.#clock.monotonic();
    this.#sync.runNow();
    this.#took(begun);
    if (this.isQuick && this.#averageMs > quickMs.inPlace) this.#change(inThreadFirst);
  }

  #took(begun: number): void {
    const took = this.#clock.monotonic() - begun;
    this.#averageMs += share * (took - this.#averageMs);
    this.#onSync(took);
  }

  #change(leftInThread: number): void {
    this.#leftInThread = leftInThread;
    this.#averageMs = 0;
  }
}
