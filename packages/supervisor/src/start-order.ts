import type { ProcessConfig } from './config/program.ts';
import { isMeant, nameOf } from './config/start-order.ts';
import type { Health } from './health/health-watch.ts';
import type { SupervisorLog } from './log.ts';
import { type ProcessState, runningStates } from './states.ts';

/** What the order needs of a program. */
export interface Orderable {
  readonly config: ProcessConfig;
  readonly process: { readonly state: ProcessState; start(): void };
  readonly care: { readonly health: { readonly report: { readonly health: Health } } };
}

/**
 * Starts programs when those they depend on are RUNNING, and healthy if they have a check. Once started, a program is
 * on its own: it is neither stopped nor held up when one of those ends.
 */
export class StartOrder {
  readonly #programs: () => Iterable<Orderable>;
  readonly #log: SupervisorLog;
  readonly #mayStart: () => boolean;
  readonly #waiting = new Map<Orderable, PromiseWithResolvers<boolean>>();
  #lookIsDue = false;

  constructor(programs: () => Iterable<Orderable>, parts: { log: SupervisorLog; mayStart: () => boolean }) {
    this.#programs = programs;
    this.#log = parts.log;
    this.#mayStart = parts.mayStart;
  }

  /** Starts it now (undefined), or later: then the promise tells whether it was started, or that it was given up. */
  begin(program: Orderable): Promise<boolean> | undefined {
    const waitsFor = this.#blockers(program).map(describe);
    if (waitsFor.length === 0) {
      this.#take(program)?.resolve(true);
      program.process.start();
      return undefined;
    }
    const known = this.#waiting.get(program);
    if (known) return known.promise;
    this.#log.info(`waiting: ${nameOf(program.config)} is started when these are up: ${waitsFor.join(', ')}`);
    const waiting = Promise.withResolvers<boolean>();
    this.#waiting.set(program, waiting);
    return waiting.promise;
  }

  /** What a program that waits waits for; empty when it does not wait. */
  waitsFor(program: Orderable): string {
    if (!this.#waiting.has(program)) return '';
    return this.#blockers(program).map(describe).join(', ');
  }

  /** What a program depends on and what nobody is about to start; empty when there is nothing of the kind. */
  hopeless(program: Orderable): string {
    const down = this.#blockers(program).filter(
      (blocker) =>
        typeof blocker === 'string' ||
        (!runningStates.includes(blocker.process.state) && !this.#waiting.has(blocker)),
    );
    return down.map(describe).join(', ');
  }

  /** It is not to be started any more. False when it did not wait. */
  giveUp(program: Orderable): boolean {
    const waiting = this.#take(program);
    waiting?.resolve(false);
    return waiting !== undefined;
  }

  /** To be called when a state or the health of any program has changed. */
  changed(): void {
    if (this.#lookIsDue || this.#waiting.size === 0) return;
    this.#lookIsDue = true;
    // Not at once: this is called from within a change of state.
    queueMicrotask(() => {
      this.#lookIsDue = false;
      if (!this.#mayStart()) return;
      for (const program of [...this.#waiting.keys()])
        if (this.#blockers(program).length === 0) this.begin(program);
    });
  }

  #take(program: Orderable): PromiseWithResolvers<boolean> | undefined {
    const waiting = this.#waiting.get(program);
    this.#waiting.delete(program);
    return waiting;
  }

  /** Programs that are not up, and references to none. */
  #blockers(program: Orderable): (Orderable | string)[] {
    const { dependsOn } = program.config.extras;
    if (dependsOn.length === 0) return [];
    const all = [...this.#programs()];
    return dependsOn.flatMap((reference): (Orderable | string)[] => {
      const meant = all.filter((other) => isMeant(reference, other.config));
      return meant.length === 0 ? [reference] : meant.filter((other) => !isReady(other));
    });
  }
}

function isReady({ process, care }: Orderable): boolean {
  return process.state === 'RUNNING' && ['unwatched', 'healthy'].includes(care.health.report.health);
}

function describe(blocker: Orderable | string): string {
  if (typeof blocker === 'string') return `${blocker} (not configured)`;
  const { state } = blocker.process;
  const health = state === 'RUNNING' ? `, ${blocker.care.health.report.health}` : '';
  return `${nameOf(blocker.config)} (${state}${health})`;
}
