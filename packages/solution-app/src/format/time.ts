/** Times are whole seconds since 1970, shown in the browser's time zone; 24 hours, year first: no locale to misread. */

const two = (n: number): string => String(n).padStart(2, '0');

/** A gateway may record a point at any number of seconds, also one beyond what a calendar can say. */
function dateOf(ts: number): Date | undefined {
  const date = new Date(ts * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** For the machine-readable attribute of a `<time>`; empty where there is no such date. */
export function machineTime(ts: number): string {
  return dateOf(ts)?.toISOString() ?? '';
}

/** `14:05:09` */
export function clockTime(ts: number): string {
  const date = dateOf(ts);
  if (date === undefined) return `${ts} s`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2024-05-31 14:05:09` */
export function dateTime(ts: number): string {
  const date = dateOf(ts);
  if (date === undefined) return `${ts} s`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(ts)}`;
}

/** The clock's time on the day of `now`, with the date on any other. */
export function timeSeenFrom(ts: number, now: number): string {
  return dateTime(ts).slice(0, 10) === dateTime(now).slice(0, 10) ? clockTime(ts) : dateTime(ts);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest units: `45 s`, `3 min 20 s`, `4 h 5 min`, `12 d 3 h`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const parts = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return parts(Math.floor(s / MINUTE), 'min', s % MINUTE, 's');
  if (s < DAY) return parts(Math.floor(s / HOUR), 'h', Math.floor((s % HOUR) / MINUTE), 'min');
  return parts(Math.floor(s / DAY), 'd', Math.floor((s % DAY) / HOUR), 'h');
}

/** `just now`, `12 s ago`, `3 min ago`; a time ahead of `now` (a gateway with a wrong clock) is `in 3 min`. */
export function relativeTime(ts: number, now: number): string {
  const age = now - ts;
  const size = Math.abs(age);
  if (size < 5) return 'just now';
  const [amount, unit] =
    size < MINUTE
      ? [Math.floor(size), 's']
      : size < HOUR
        ? [Math.floor(size / MINUTE), 'min']
        : size < 2 * DAY
          ? [Math.floor(size / HOUR), 'h']
          : [Math.floor(size / DAY), 'days'];
  return age > 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}
