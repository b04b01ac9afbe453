/** The hours of a day in which updates may be installed: minutes since midnight. It may go over midnight. */
export interface UpdateWindow {
  readonly from: number;
  readonly to: number;
  /** Whether the hours are UTC; otherwise local. */
  readonly utc: boolean;
}

const dayMinutes = 24 * 60;

/** Reads `01:00-05:00` or `01:00-05:00 UTC`. Undefined when the text is neither. */
export function parseWindow(text: string): UpdateWindow | undefined {
  const match = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})(?: +(UTC))?$/.exec(text.trim());
  if (!match) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = match.slice(1, 5).map(Number);
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  const isMoment = fromMinute < 60 && toMinute < 60 && from < dayMinutes && to <= dayMinutes;
  // Nobody can tell whether nothing or the whole day is meant.
  if (!isMoment || from === to) return undefined;
  return { from, to, utc: match[5] !== undefined };
}

export function formatWindow({ from, to, utc }: UpdateWindow): string {
  const moment = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${moment(from)}-${moment(to)}${utc ? ' UTC' : ' local time'}`;
}

/** `now`: milliseconds since 1970. */
export function isOpen(window: UpdateWindow, now: number): boolean {
  const at = new Date(now);
  const minute = window.utc
    ? at.getUTCHours() * 60 + at.getUTCMinutes()
    : at.getHours() * 60 + at.getMinutes();
  if (window.from < window.to) return minute >= window.from && minute < window.to;
  return minute >= window.from || minute < window.to;
}

/** When the window opens next, milliseconds since 1970; `now` when it is open. */
export function opensAt(window: UpdateWindow, now: number): number {
  if (isOpen(window, now)) return now;
  const at = new Date(now);
  const hour = Math.floor(window.from / 60);
  const minute = window.from % 60;
  for (let day = 0; ; day++) {
    const opens = window.utc
      ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + day, hour, minute)
      : new Date(at.getFullYear(), at.getMonth(), at.getDate() + day, hour, minute).getTime();
    if (opens > now) return opens;
  }
}
