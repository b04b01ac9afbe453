import type { Labels } from './metric-family.ts';

/** The value of every label of the series that takes what finds no room. */
export const otherLabel = 'other';

interface Series<T> {
  readonly labels: Labels;
  readonly state: T;
}

/**
 * The series of one metric, by the values of its labels.
 *
 * Invariant: there are at most `most` of them, and one more whose labels are all `other`. What comes with new labels when
 * there is no room counts there, so that sums stay right, and `overflow` says how often that was.
 */
export class BoundedSeries<T> {
  readonly #labelNames: readonly string[];
  readonly #most: number;
  readonly #make: () => T;
  readonly #series = new Map<string, Series<T>>();
  #others: Series<T> | undefined;
  #overflow = 0;

  constructor(labelNames: readonly string[], most: number, make: () => T) {
    this.#labelNames = labelNames;
    this.#most = most;
    this.#make = make;
  }

  /** `values`: one for each label, in the order of their names. */
  of(values: readonly string[]): T {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\0');
    const known = this.#series.get(key);
    if (known) return known.state;
    if (this.#series.size >= this.#most) {
      this.#overflow++;
      this.#others ??= this.#begin(this.#labelNames.map(() => otherLabel));
      return this.#others.state;
    }
    const begun = this.#begin(values);
    this.#series.set(key, begun);
    return begun.state;
  }

  get all(): readonly Series<T>[] {
    return this.#others ? [...this.#series.values(), this.#others] : [...this.#series.values()];
  }

  /** How often something counted as `other`. */
  get overflow(): number {
    return this.#overflow;
  }

  #begin(values: readonly string[]): Series<T> {
    const labels = Object.fromEntries(this.#labelNames.map((name, index) => [name, values[index] ?? '']));
    return { labels, state: this.#make() };
  }
}
