import { describeError, type Logger } from '@gateway-engine/host';
import { describeIdentity } from '../store/identity.ts';
import type { QueueStore } from '../store/queue-store.ts';

/** Why points were not delivered. */
export interface Failure {
  readonly kind: 'later' | 'unauthorised' | 'activation refused' | 'over budget' | 'own fault';
  readonly reason: string;
  /** The next try, if it is known when there is a point in one. */
  readonly retryMs?: number;
}

/** What keeps the points of one identity from getting through: said once for each kind of failure, and when it is over. */
export class Trouble {
  readonly #identity: number;
  readonly #store: Pick<QueueStore, 'identity' | 'setProblem'>;
  readonly #logger: Logger;
  #kind: Failure['kind'] | 'earlier' | undefined;

  constructor(
    identity: number,
    parts: { readonly store: Pick<QueueStore, 'identity' | 'setProblem'>; readonly logger: Logger },
  ) {
    this.#identity = identity;
    this.#store = parts.store;
    this.#logger = parts.logger;
    this.#kind = parts.store.identity(identity)?.problem === undefined ? undefined : 'earlier';
  }

  async note(failure: Failure): Promise<void> {
    if (this.#kind === failure.kind) {
      this.#logger.debug(`uploads of ${this.#who} still fail: ${failure.reason}`);
      return;
    }
    this.#kind = failure.kind;
    this.#logger.warn(`records of ${this.#who} are kept and tried again: ${explain(failure)}`);
    await this.#save(explain(failure));
  }

  async over(): Promise<void> {
    if (this.#kind === undefined) return;
    this.#kind = undefined;
    this.#logger.info(`uploads of ${this.#who} go on`);
    await this.#save(undefined);
  }

  get #who(): string {
    const identity = this.#store.identity(this.#identity);
    return identity ? describeIdentity(identity) : `identity ${this.#identity}`;
  }

  /** For `gmq status` only: when the disk does not take it, the log has it. */
  async #save(problem: string | undefined): Promise<void> {
    try {
      await this.#store.setProblem(this.#identity, problem);
    } catch (error) {
      this.#logger.debug(`the state of identity ${this.#identity} is not saved: ${describeError(error)}`);
    }
  }
}

function explain({ kind, reason }: Failure): string {
  switch (kind) {
    case 'activation refused':
      return `the platform does not activate this identity (${reason}); enable its serial number there`;
    case 'unauthorised':
      return `the platform does not accept its key (${reason})`;
    case 'over budget':
    case 'own fault':
    case 'later':
      return reason;
  }
}
