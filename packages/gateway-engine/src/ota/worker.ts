import type { Clock } from '@gateway-engine/host';
import { sleepUntil, WakeUp } from '../check-in/wake-up.ts';
import { isOutOfSpace } from '../state/disk-space.ts';
import type { InstallRunner } from './run.ts';

/** Work that another process has left, a command that was killed for instance, is found after so long. */
const idleMs = 60_000;

export interface WorkerParts {
  readonly runner: InstallRunner;
  readonly clock: Clock;
  /** Something is there to be told to the platform. */
  readonly onNews: () => void;
  readonly onFullDisk: (error: unknown) => void;
}

/** Carries installs out beside the check-ins, one at a time: one that takes its time must not silence the gateway. */
export class InstallWorker {
  readonly #parts: WorkerParts;
  readonly #wake = new WakeUp();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** The journal has new work, which may also end what is under way. */
  wake(): void {
    this.#parts.runner.reconsider();
    this.#wake.call();
  }

  /** For ever, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<never> {
    const { runner, clock, onNews } = this.#parts;
    for (;;) {
      this.#wake.rearm();
      if (await this.carryOut(signal)) onNews();
      await sleepUntil(clock, runner.hasWork ? runner.nextLookMs : idleMs, signal, this.#wake.signal);
    }
  }

  /** As carryOut, and stays until no new version is on probation any more. */
  async carryOutToTheEnd(signal: AbortSignal): Promise<boolean> {
    const { runner, clock } = this.#parts;
    let hasEnded = await this.carryOut(signal);
    while (runner.isWatching) {
      await clock.sleep(runner.nextLookMs, signal);
      hasEnded = (await this.carryOut(signal)) || hasEnded;
    }
    return hasEnded;
  }

  /** Carries out what the journal holds. True when there is something to be told to the platform. */
  async carryOut(signal: AbortSignal): Promise<boolean> {
    const { runner, onFullDisk } = this.#parts;
    try {
      if (!runner.hasWork) return false;
      const ended = await runner.run(signal);
      return runner.takeNews() || ended.length > 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!isOutOfSpace(error)) throw error;
      onFullDisk(error);
      return false;
    }
  }
}
