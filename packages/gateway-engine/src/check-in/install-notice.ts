import type { Clock } from '@gateway-engine/host';
import type { InstallJournal } from '../ota/journal.ts';

/** An installer that is done sooner needs no notice that it runs: its outcome says more. */
const noticeAfterMs = 1_000;

/** Tells once of each installer that takes its time. Not kept on disk: after a restart the outcome is what counts. */
export class InstallNotice {
  readonly #journal: Pick<InstallJournal, 'unfinished'>;
  readonly #clock: Clock;
  #running: { readonly since: number } | undefined;
  #told: number | undefined;

  constructor(journal: Pick<InstallJournal, 'unfinished'>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** An installer has started: `isDue` is called when there is something to tell of it. To be cancelled at its end. */
  started(isDue: () => void): { cancel(): void } {
    this.#running = { since: this.#clock.monotonic() };
    return this.#clock.after(noticeAfterMs, isDue);
  }

  /** What is to be told now, and what is behind it, for `delivered`. */
  pending(): { readonly text: string; readonly id: number } | undefined {
    if (!this.#running || this.#clock.monotonic() - this.#running.since < noticeAfterMs) return undefined;
    const install = this.#journal.unfinished().find(({ state }) => state === 'installing');
    if (!install || install.id === this.#told) return undefined;
    return { text: `${install.tarball}: installing ...`, id: install.id };
  }

  delivered(id: number): void {
    this.#told = id;
  }
}
