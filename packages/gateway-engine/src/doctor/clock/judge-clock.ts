import { clockState, toleratedSeconds } from '../../reports/machine/clock-state.ts';
import { type Finding, failed, ok, skipped } from '../finding.ts';

export interface ClockFacts {
  /** The gateway's, milliseconds since 1970. */
  readonly now: number;
  /** Seconds that it is ahead of the platform's; or why that is not known. */
  readonly offset: number | { readonly unknown: string };
  /** Seconds since 1970 that have passed for certain, by signed metadata; 0 when nothing is known. */
  readonly provenTime: number;
}

const setIt =
  'set it: timedatectl set-ntp true, or date -s, then hwclock --systohc; a battery that is empty loses the time with each power cut';

/** Whether the clock can be right. Wrong, certificates and signatures seem expired or not valid yet. */
export function judgeClock({ now, offset, provenTime }: ClockFacts): Finding[] {
  const shown = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const known = typeof offset === 'number' ? offset : undefined;
  const { state } = clockState(now, known);
  const isLate = now / 1000 < provenTime;
  const proven = new Date(provenTime * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return [
    state === 'unset'
      ? failed('clock.year', `the clock was never set: it shows ${shown}`, setIt)
      : ok('clock.year', `the clock shows ${shown}`),
    typeof offset !== 'number'
      ? skipped('clock.offset', offset.unknown)
      : Math.abs(offset) > toleratedSeconds
        ? failed('clock.offset', `the clock is ${spanOf(offset)} the platform's`, setIt)
        : ok('clock.offset', `within ${Math.max(1, Math.abs(offset))} s of the platform's`),
    provenTime === 0
      ? skipped('clock.floor', 'no signed metadata has proven a time yet')
      : isLate
        ? failed(
            'clock.floor',
            `the clock shows ${shown}, yet ${proven} has passed, by signed metadata`,
            setIt,
          )
        : ok('clock.floor', `later than ${proven}, which has passed by signed metadata`),
  ];
}

function spanOf(seconds: number): string {
  const all = Math.abs(seconds);
  const span =
    all < 7_200
      ? `${all} s`
      : all < 2 * 86_400
        ? `${Math.round(all / 3600)} hours`
        : `${Math.round(all / 86_400)} days`;
  return `${span} ${seconds > 0 ? 'ahead of' : 'behind'}`;
}
