import type { BodyEncoding } from '@gateway-engine/device-api';
import { type DeviceClient, ownEncodings } from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';

/** How uploads to a server may be compressed, and how large they may be before. */
export interface Coding {
  readonly encoding: BodyEncoding;
  readonly bytes: number;
}

interface Known {
  readonly coding: Promise<Coding | undefined>;
  /** The same, once it is known. */
  settled: Coding | undefined;
  /** Monotonic time until which it counts. */
  until: number;
}

const dayMs = 24 * 3600_000;
/** A server that did not tell may be in trouble; it is asked again before long. */
const untoldMs = 10 * 60_000;

/**
 * Which servers take compressed bodies: each is asked once, with the first upload that is worth it, and again after a
 * day or a reread. Until it has said so, it gets the plain form, as a platform of another kind always does.
 */
export class Encodings {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What is known of a server now, without asking it. */
  known(server: string): Coding | undefined {
    return this.#valid(server)?.settled;
  }

  /** Undefined: plain. Never rejects. */
  async of(server: string, client: Pick<DeviceClient, 'capabilities'>): Promise<Coding | undefined> {
    return await (this.#valid(server) ?? this.#ask(server, client)).coding;
  }

  /** Compressed bodies do not get through to this server, whatever it says. */
  giveUp(server: string): void {
    this.#logger.warn(`${server} refuses compressed uploads that it takes plain; they stay plain for a day`);
    const until = this.#clock.monotonic() + dayMs;
    this.#known.set(server, { coding: Promise.resolve(undefined), settled: undefined, until });
  }

  forget(): void {
    this.#known.clear();
  }

  #valid(server: string): Known | undefined {
    const known = this.#known.get(server);
    return known && known.until > this.#clock.monotonic() ? known : undefined;
  }

  #ask(server: string, client: Pick<DeviceClient, 'capabilities'>): Known {
    const known: Known = {
      coding: this.#askNow(server, client).then(({ coding, forMs }) => {
        known.settled = coding;
        known.until = this.#clock.monotonic() + forMs;
        return coding;
      }),
      settled: undefined,
      // As long as the question takes; all who come meanwhile wait for the one answer.
      until: Number.POSITIVE_INFINITY,
    };
    this.#known.set(server, known);
    return known;
  }

  async #askNow(
    server: string,
    client: Pick<DeviceClient, 'capabilities'>,
  ): Promise<{ coding: Coding | undefined; forMs: number }> {
    try {
      const told = await client.capabilities();
      const encoding = ownEncodings.find((one) => told?.acceptEncoding.includes(one));
      const bytes = told?.dataBodyBytes ?? 0;
      return { coding: encoding && bytes > 0 ? { encoding, bytes } : undefined, forMs: dayMs };
    } catch (error) {
      this.#logger.debug(`${server} does not tell what it can do: ${describeError(error)}`);
      return { coding: undefined, forMs: untoldMs };
    }
  }
}
