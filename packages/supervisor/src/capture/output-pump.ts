import type { Clock } from '@gateway-engine/host';

/** From so much in a turn on, the next one follows soon. */
const someBytes = 16 * 1024;
/** After that much or that long it is the turn of everything else in this process. */
const turnBytes = 4 * 1024 * 1024;
const turnMs = 10;
/** With no batch in any pipe meanwhile; then nobody writes so fast. */
const mostNaps = 2;
const shortPauseMs = 1;
/**
 * Output is let come together: a program that writes line by line would else cost a turn for each of them. It is also
 * longer than Bun keeps quiet about what follows a notice.
 */
const pauseMs = 4;

/** The pipe of an output channel, as the pump sees it. Nothing here throws. */
export interface PumpedPipe {
  /** So much in it is worth what it costs to take it while its program writes fast. */
  readonly batchBytes: number;
  /** How many bytes are in it; undefined where that cannot be told. */
  waiting(): number | undefined;
  /** Moves on what is in it, as much as goes at once, and gives the number of bytes. */
  take(): number;
  /** Nothing was in it for a while. True when notices tell of what comes, so that the pump may forget it. */
  rest(): boolean;
}

/**
 * Takes the output of all programs out of their pipes, in turns: a turn takes what is in each pipe of which it is known
 * that there may be something, and the next turn comes at once or after a pause, depending on how much there was.
 *
 * While programs write fast, a turn waits for batches: a writer has to wait while its pipe is emptied, and a look at it
 * every few kilobytes costs a small machine more than all that is done with the output.
 */
export class OutputPump {
  readonly #clock: Clock;
  readonly #nap: () => void;
  /** With the time at which something was last in it; first of all those that wait for the longest. */
  readonly #awake = new Map<PumpedPipe, number>();
  #turn: { cancel(): void } | undefined;
  /** A batch was taken: the next turn follows at once, and waits for more of them. */
  #isBusy = false;

  /**
   * `nap` blocks for about as long as a program at full speed takes to fill a third of its pipe: the timers of the runtime
   * are too coarse for that.
   */
  constructor(clock: Clock, nap: () => void) {
    this.#clock = clock;
    this.#nap = nap;
  }

  /** There may be something in this pipe. */
  wake(pipe: PumpedPipe): void {
    this.#awake.set(pipe, this.#clock.monotonic());
    this.#turn ??= this.#soon();
  }

  remove(pipe: PumpedPipe): void {
    this.#awake.delete(pipe);
  }

  close(): void {
    this.#turn?.cancel();
    this.#awake.clear();
  }

  #soon(): { cancel(): void } {
    const turn = setImmediate(() => this.#takeTurn());
    return { cancel: () => clearImmediate(turn) };
  }

  #takeTurn(): void {
    this.#turn = undefined;
    const began = this.#clock.monotonic();
    const wasBusy = this.#isBusy;
    this.#isBusy = false;
    const total = (wasBusy ? this.#takeBatches(began + turnMs) : 0) + this.#takeRest(began);
    // After a busy turn, the writers may only have been interrupted.
    const pause = wasBusy || total >= someBytes ? shortPauseMs : pauseMs;
    if (this.#awake.size === 0) return;
    this.#turn = this.#isBusy ? this.#soon() : this.#clock.after(pause, () => this.#takeTurn());
  }

  #takeBatches(until: number): number {
    let total = 0;
    for (let naps = 0; total < turnBytes && this.#clock.monotonic() < until; ) {
      let count = 0;
      for (const pipe of [...this.#awake.keys()])
        if (total + count < turnBytes && (pipe.waiting() ?? pipe.batchBytes) >= pipe.batchBytes)
          count += this.#take(pipe);
      total += count;
      if (count > 0) naps = 0;
      else if (naps === mostNaps) break;
      else {
        naps += 1;
        this.#nap();
      }
    }
    return total;
  }

  /** However little it is, so that nothing waits for more to come; of a pipe that gave a batch the next turn takes it. */
  #takeRest(began: number): number {
    let total = 0;
    for (const [pipe, since] of [...this.#awake]) {
      if (since > began || total >= turnBytes) continue;
      const count = this.#take(pipe);
      total += count;
      if (count === 0 && began - since >= pauseMs && pipe.rest()) this.#awake.delete(pipe);
    }
    return total;
  }

  #take(pipe: PumpedPipe): number {
    const count = pipe.take();
    if (count >= pipe.batchBytes) this.#isBusy = true;
    if (count > 0) {
      this.#awake.delete(pipe);
      this.#awake.set(pipe, this.#clock.monotonic());
    }
    return count;
  }
}
