import type { Clock } from '@gateway-engine/host';

/** No gateway of ours runs before it: a clock that shows less was never set. 2020-01-01. */
const earliest = 1_577_836_800;
/** A clock that goes further than this, either way, was wrong before and is believed. */
const longestStep = 86_400;
/** Times that the clock has left by such steps, and may come back to. */
const mostLeft = 64;
const mostSeries = 10_000;

/**
 * Gives writes their seconds. The platform keeps one point of an alias for each second, so that a clock which is set
 * back would make new points replace old ones, which were promised to be kept.
 *
 * Invariant: points of one alias whose writes are more than a second apart have different seconds, also over restarts.
 * Excepted are 64 jumps of more than a day, each to another time, between two visits of one time. Without such jumps the
 * seconds of an alias never go back. As long as the clock does not go back, seconds are those of the clock; afterwards an
 * alias is ahead of it until the clock has caught up, by no more than the clock was set back, and a second for each
 * restart. A clock that was never set is not believed: time goes on from the last known second instead.
 */
export class Stamps {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  /** No second after it was given. */
  #highest: number;
  /** When it was first given. */
  #highestSince = Number.NEGATIVE_INFINITY;
  /** The highest ones of the times that the clock has left by a jump. */
  readonly #left: number[];
  #changes = 0;
  /** While the clock is behind `#highest`: what each alias was given last, and when. */
  #behind: Map<string, { readonly second: number; readonly at: number }> | undefined;
  /** What was the highest when the clock fell behind. */
  #floor = 0;
  /** Where time goes on from while the clock is not believed. */
  #guess: { readonly second: number; readonly at: number } | undefined;

  /** `memory` is what the run before has kept; empty without one. */
  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, [highest = 0, ...left]: readonly number[]) {
    this.#clock = clock;
    this.#highest = highest;
    this.#left = left;
  }

  /** What the next run has to know. */
  get memory(): number[] {
    return [this.#highest, ...this.#left];
  }

  /** How often it has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** The second for a write; `series` names the device and its alias. */
  next(series: string): number {
    const now = this.#second();
    const monotonic = this.#clock.monotonic();
    if (Math.abs(now - this.#highest) > longestStep) this.#jump(now);
    if (this.#believes(now, monotonic)) {
      this.#behind = undefined;
      if (now !== this.#highest) {
        this.#highest = now;
        this.#changes++;
        this.#highestSince = monotonic;
      }
      return now;
    }
    if (!this.#behind) {
      this.#behind = new Map();
      this.#floor = this.#highest;
    }
    const last = this.#behind.get(series);
    // Whoever is not in it was given the floor at most.
    if (!last && this.#behind.size >= mostSeries) {
      this.#behind.clear();
      this.#floor = this.#highest;
    }
    if (last && monotonic - last.at < 1000) return last.second;
    const second = Math.max(now, (last?.second ?? this.#floor) + 1);
    this.#behind.set(series, { second, at: monotonic });
    if (second > this.#highest) {
      this.#highest = second;
      this.#changes++;
    }
    return second;
  }

  #believes(now: number, monotonic: number): boolean {
    if (now > this.#highest) return true;
    // The same second, and not one that has come again.
    return now === this.#highest && !this.#behind && monotonic - this.#highestSince < 1000;
  }

  #jump(now: number): void {
    // One for each day is enough, the highest.
    const isNear = (second: number) =>
      Math.abs(second - this.#highest) <= longestStep && second <= this.#highest;
    const others = this.#left.filter((second) => !isNear(second));
    this.#left.splice(0, this.#left.length, ...others, this.#highest);
    if (this.#left.length > mostLeft) this.#left.shift();
    const known = this.#left.filter((second) => second >= now && second - now <= longestStep);
    this.#highest = known.length > 0 ? Math.max(...known) : now - 1;
    this.#changes++;
    this.#highestSince = Number.NEGATIVE_INFINITY;
    this.#behind = undefined;
  }

  #second(): number {
    const wall = Math.floor(this.#clock.now() / 1000);
    if (wall >= earliest) {
      this.#guess = undefined;
      return wall;
    }
    const monotonic = this.#clock.monotonic();
    this.#guess ??= { second: Math.max(wall, this.#highest + 1), at: monotonic };
    return this.#guess.second + Math.floor((monotonic - this.#guess.at) / 1000);
  }
}
