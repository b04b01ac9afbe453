import type { Clock, Logger } from '@gateway-engine/host';
import { describeError } from '@gateway-engine/host';
import type { CommitQueue } from './commit-queue.ts';

/**
 * When each device was last heard of. Kept in memory for some seconds and written for many devices at once: a fsync for
 * each request that only reads would cost more than the request. A crash loses those seconds and nothing else.
 */
export class LastContacts {
  readonly #commits: CommitQueue;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #everyMs = 5000;
  #pending = new Map<string, number>();
  #writing = new Map<string, number>();
  #timer: { cancel(): void } | undefined;

  constructor(parts: { commits: CommitQueue; clock: Clock; logger: Logger }) {
    this.#commits = parts.commits;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  touch(rid: string, at: number): void {
    this.#pending.set(rid, at);
    this.#timer ??= this.#clock.after(this.#everyMs, () => {
      this.#timer = undefined;
      this.write().catch((error) =>
        this.#logger.warn(
          `cannot store when devices were last heard of, trying again: ${describeError(error)}`,
        ),
      );
    });
  }

  /** What is not on disk yet. */
  of(rid: string): number | undefined {
    return this.#pending.get(rid) ?? this.#writing.get(rid);
  }

  /** Writes what is pending. On failure it stays pending. */
  async write(): Promise<void> {
    const contacts = this.#pending;
    if (contacts.size === 0) return;
    this.#pending = new Map();
    this.#writing = contacts;
    try {
      await this.#commits.write(async (db) => {
        for (const [rid, at] of contacts) {
          await db.updateTable('device').set({ last_contact: at }).where('rid', '=', rid).execute();
        }
      });
    } catch (error) {
      for (const [rid, at] of contacts) if (!this.#pending.has(rid)) this.touch(rid, at);
      throw error;
    } finally {
      if (this.#writing === contacts) this.#writing = new Map();
    }
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.write();
  }
}
