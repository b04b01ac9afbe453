/** Points per second, over the last minute. */
export interface Rates {
  readonly accepted: number;
  readonly uploaded: number;
}

const stepMs = 5000;
const steps = 12;

interface Step {
  readonly number: number;
  readonly counts: Map<number, { accepted: number; uploaded: number }>;
}

/** How many points come and go for each identity, counted in steps of five seconds. */
export class RateMeter {
  readonly #monotonic: () => number;
  #steps: Step[] = [];
  readonly #started: number;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#started = monotonic();
  }

  count(identity: number, { accepted, uploaded }: Rates): void {
    if (accepted === 0 && uploaded === 0) return;
    const number = this.#forgetOld();
    let step = this.#steps.at(-1);
    if (step?.number !== number) {
      step = { number, counts: new Map() };
      this.#steps.push(step);
    }
    const before = step.counts.get(identity) ?? { accepted: 0, uploaded: 0 };
    step.counts.set(identity, {
      accepted: before.accepted + accepted,
      uploaded: before.uploaded + uploaded,
    });
  }

  /** Identities without an entry had nothing. */
  perSecond(): Map<number, Rates> {
    this.#forgetOld();
    const seconds = Math.min(
      (steps * stepMs) / 1000,
      Math.max(1, (this.#monotonic() - this.#started) / 1000),
    );
    const rates = new Map<number, Rates>();
    for (const { counts } of this.#steps) {
      for (const [identity, { accepted, uploaded }] of counts) {
        const before = rates.get(identity) ?? { accepted: 0, uploaded: 0 };
        rates.set(identity, {
          accepted: before.accepted + accepted / seconds,
          uploaded: before.uploaded + uploaded / seconds,
        });
      }
    }
    return rates;
  }

  #forgetOld(): number {
    const number = Math.floor(this.#monotonic() / stepMs);
    this.#steps = this.#steps.filter((step) => step.number > number - steps);
    return number;
  }
}
