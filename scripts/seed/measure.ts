import { chance, smoothNoise } from './chance.ts';
import type { Measurement } from './kinds.ts';

const day = 86_400;

/** What a gateway measures at a second: the day's course, slow weather and noise, of this gateway alone. */
export function measure(measurement: Measurement, gateway: string, ts: number): string {
  const { alias, format, mean, daily, noise, least, perHour } = measurement;
  const series = `${gateway} ${alias}`;
  if (perHour !== undefined) return String(counted(series, perHour, ts));
  const hour = ((ts % day) / day) * 2 * Math.PI;
  const course = -Math.cos(hour - Math.PI / 6) * daily * (0.8 + 0.4 * chance(series, 'size'));
  const moved = mean * (1 + 0.1 * (chance(series, 'mean') - 0.5)) + course;
  const value =
    moved + noise * (0.6 * smoothNoise(series, ts, 6 * 3600) + 0.4 * smoothNoise(series, ts, 900));
  const bounded = Math.max(least ?? Number.NEGATIVE_INFINITY, value);
  return format === 'integer' ? String(Math.round(bounded)) : String(Math.round(bounded * 100) / 100);
}

/** Only ever more; its counter began some weeks ago. */
function counted(series: string, perHour: number, ts: number): number {
  const period = 60 * day;
  const sinceStart = (ts + Math.floor(chance(series, 'start') * period)) % period;
  return Math.floor((sinceStart / 3600) * perHour * (0.7 + 0.6 * chance(series, 'pace')));
}

/** Points every `everySeconds`, at the same seconds whenever somebody asks. */
export function* series(
  measurement: Measurement,
  gateway: string,
  range: { from: number; to: number; everySeconds: number },
): Generator<readonly [ts: number, value: string]> {
  const { from, to, everySeconds } = range;
  for (let ts = Math.ceil(from / everySeconds) * everySeconds; ts <= to; ts += everySeconds) {
    yield [ts, measure(measurement, gateway, ts)];
  }
}
