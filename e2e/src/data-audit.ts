import { waitUntil } from '@gateway-engine/testkit';
import { product, type System, sn } from './system.ts';

/** What a program handed to the queue and was told to be safe, to be compared with what the platform has. */
export class DataAudit {
  readonly #system: System;
  readonly acknowledged = new Map<number, string>();
  #next = 1_600_000_000;

  constructor(system: System) {
    this.#system = system;
  }

  /** Records one point with a timestamp of its own. False when the queue could not be reached: nothing was promised. */
  async record(): Promise<boolean> {
    const ts = this.#next++;
    const value = `${(ts % 1000) + 0.5}`;
    const answer = await fetch(`${this.#system.gmqUrl}/onep:v1/stack/alias/test`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
        'X-Exosite-VMS': `${product} ${product} ${sn}`,
      },
      body: `${ts}=${value}`,
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    if (answer?.status !== 204) return false;
    this.acknowledged.set(ts, value);
    return true;
  }

  async recordMany(count: number): Promise<void> {
    while (this.acknowledged.size < count) {
      await Promise.all(
        Array.from({ length: Math.min(20, count - this.acknowledged.size) }, () => this.record()),
      );
    }
  }

  /** Resolves when every acknowledged point is at the platform, with its value. */
  async everythingArrives(timeoutMs = 60_000): Promise<void> {
    let missing: number[] = [];
    await waitUntil(
      'every acknowledged record',
      async () => {
        const stored = await this.#system.history('test');
        missing = [...this.acknowledged].filter(([ts, value]) => stored.get(ts) !== value).map(([ts]) => ts);
        return missing.length === 0;
      },
      { timeoutMs, everyMs: 500 },
    ).catch((cause) => {
      throw new Error(`${missing.length} of ${this.acknowledged.size} acknowledged records are missing`, {
        cause,
      });
    });
  }
}
