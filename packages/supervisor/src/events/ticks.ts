import type { Clock } from '@gateway-engine/host';
import type { EventBus } from './event-bus.ts';
import type { EventType } from './event-types.ts';

const periods: readonly (readonly [type: EventType, seconds: number])[] = [
  ['TICK_5', 5],
  ['TICK_60', 60],
  ['TICK_3600', 3600],
];

/**
 * Tells of every full 5 seconds, minute and hour of the wall clock, as Supervisor does: `when` is the beginning of the
 * slice of time. A jump of the wall clock into another slice is a tick. Without anybody to tell there is no timer.
 */
export function startTicks(bus: EventBus, clock: Clock): { stop(): void } {
  const slices = new Map<EventType, number>();
  let timer: { cancel(): void } | undefined;
  const sliceNow = (seconds: number) => {
    const now = Math.floor(clock.now() / 1000);
    return now - (((now % seconds) + seconds) % seconds);
  };
  const tick = () => {
    for (const [type, seconds] of periods) {
      const slice = sliceNow(seconds);
      if (slices.get(type) !== slice) bus.notify(type, () => `when:${slice}`);
      slices.set(type, slice);
    }
    arm();
  };
  const arm = () => {
    const shortest = 5000;
    timer = clock.after(shortest - (((clock.now() % shortest) + shortest) % shortest), tick);
  };
  const follow = () => {
    const wanted = periods.some(([type]) => bus.isWanted(type));
    if (wanted === (timer !== undefined)) return;
    timer?.cancel();
    timer = undefined;
    if (!wanted) return;
    for (const [type, seconds] of periods) slices.set(type, sliceNow(seconds));
    arm();
  };
  const forget = bus.onSubscriptions(follow);
  follow();
  return {
    stop: () => {
      forget();
      timer?.cancel();
      timer = undefined;
    },
  };
}
