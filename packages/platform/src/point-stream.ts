import type { NewPoint } from './store/port.ts';

/** Tells whoever waits on a resource that points of it were stored: the wake-ups of long polls. */
export interface PointStream {
  /** Called after the points are on disk. */
  announce(points: readonly NewPoint[]): void;
  /** Calls `listener` for each point of the resource that is announced from now on. */
  listen(resourceId: number, listener: (point: NewPoint) => void): { stop(): void };
}

/** The stream within one process. */
export class LocalPointStream implements PointStream {
  readonly #listeners = new Map<number, Set<(point: NewPoint) => void>>();
  #announced = 0;

  /** Points so far. */
  get announced(): number {
    return this.#announced;
  }

  announce(points: readonly NewPoint[]): void {
    this.#announced += points.length;
    for (const point of points) {
      for (const listener of [...(this.#listeners.get(point.resourceId) ?? [])]) listener(point);
    }
  }

  listen(resourceId: number, listener: (point: NewPoint) => void): { stop(): void } {
    const listeners = this.#listeners.get(resourceId) ?? new Set();
    this.#listeners.set(resourceId, listeners.add(listener));
    return {
      stop: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(resourceId) === listeners)
          this.#listeners.delete(resourceId);
      },
    };
  }
}
