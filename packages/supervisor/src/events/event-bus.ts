import { type EventType, isOfType } from './event-types.ts';

/** Something that happened, as listeners are told of it. */
export interface SupervisorEvent {
  readonly type: EventType;
  /** Counts all events that somebody was told of. */
  readonly serial: number;
  readonly payload: string;
}

interface Subscription {
  readonly types: readonly EventType[];
  readonly take: (event: SupervisorEvent) => void;
}

/** Brings events to those who asked for them. An event nobody asked for costs nothing. */
export class EventBus {
  readonly #subscriptions = new Set<Subscription>();
  readonly #watchers = new Set<() => void>();
  #nextSerial = 0;

  /** Abstract types stand for all below them. `take` must not throw. Returns what ends the subscription. */
  subscribe(types: readonly EventType[], take: (event: SupervisorEvent) => void): () => void {
    const subscription = { types, take };
    this.#subscriptions.add(subscription);
    for (const watcher of this.#watchers) watcher();
    return () => {
      this.#subscriptions.delete(subscription);
      for (const watcher of this.#watchers) watcher();
    };
  }

  isWanted(type: EventType): boolean {
    return this.#wanting(type).length > 0;
  }

  notify(type: EventType, payload: () => string): void {
    const wanting = this.#wanting(type);
    if (wanting.length === 0) return;
    const event = { type, serial: this.#nextSerial++, payload: payload() };
    for (const { take } of wanting) take(event);
  }

  /** Calls `watcher` when subscriptions have changed, until the returned function is called. */
  onSubscriptions(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #wanting(type: EventType): Subscription[] {
    return [...this.#subscriptions].filter(({ types }) => types.some((wanted) => isOfType(type, wanted)));
  }
}
