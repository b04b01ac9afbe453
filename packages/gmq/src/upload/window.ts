import type { DayWindow } from '../settings/values.ts';

/** Whether a window is open at a time, by the local clock; without a window always. `now` in milliseconds. */
export function isOpen(window: DayWindow | undefined, now: number): boolean {
  if (!window) return true;
  const date = new Date(now);
  const minute = date.getHours() * 60 + date.getMinutes();
  const { from, to } = window;
  return from < to ? from <= minute && minute < to : minute >= from || minute < to;
}
