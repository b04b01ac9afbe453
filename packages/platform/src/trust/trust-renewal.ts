import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import { z } from 'zod';
import type { Store } from '../store/port.ts';
import type { ProductTrust } from './product-trust.ts';

/** What is vouched for is vouched for again after this time. */
const renewedAfterSeconds = 86_400;
const lookEveryMs = 3_600_000;
const longestStartMs = 5_000;

const Timestamp = z.object({ signed: z.object({ signed_at: z.number() }) });

/** Renews the platform's own signatures daily, at the start those that came of age meanwhile. */
export class TrustRenewal {
  readonly #parts: RenewalParts;
  readonly #ending = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /**
   * Begins, and resolves when all that is due is renewed, so that nobody is served what has expired while the platform
   * was off. A platform with very many products goes on after some seconds.
   */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#work = this.#run(first.resolve);
    const limit = this.#parts.clock.after(longestStartMs, first.resolve);
    await first.promise;
    limit.cancel();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  /** Looks at every product once. What fails for one is logged, and tried again with the next look. */
  async look(): Promise<void> {
    const { store, trust, logger } = this.#parts;
    for (const product of await store.trustedProducts()) {
      if (this.#ending.signal.aborted) return;
      try {
        if (await this.#isDue(product)) {
          if (await trust.vouch(product)) logger.debug({ product }, 'vouched for signed metadata anew');
        }
      } catch (error) {
        logger.error({ product }, `signed metadata cannot be renewed: ${describeError(error)}`);
      }
    }
  }

  async #run(onLook: () => void): Promise<void> {
    const { clock, logger } = this.#parts;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        logger.error(`signed metadata cannot be looked at: ${describeError(error)}`);
      }
      onLook();
      await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** Also when the clock was set back: a time to come vouches for nothing now. */
  async #isDue(product: string): Promise<boolean> {
    const bytes = await this.#parts.store.trustFile(product, 'timestamp');
    if (!bytes) return false;
    const signedAt = Timestamp.parse(JSON.parse(bytes.toString('utf8'))).signed.signed_at;
    const age = this.#parts.clock.now() / 1000 - signedAt;
    return age >= renewedAfterSeconds || age < -1;
  }
}

interface RenewalParts {
  readonly store: Pick<Store, 'trustedProducts' | 'trustFile'>;
  readonly trust: Pick<ProductTrust, 'vouch'>;
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'after'>;
  readonly logger: Logger;
}
