import { availableParallelism } from 'node:os';
import type { DeviceInfo, EngineReport, PeriodUsage, UsageReport } from '@gateway-engine/device-api';

/** Whether a figure has moved far enough from the one that was reported; `around` is the object it stands in. */
type Step = (sent: number, now: number, around: Readonly<Record<string, unknown>>) => boolean;
/** Steps by place, `*` for any key or position; `undefined`: never by itself a change. */
type Steps = Readonly<Record<string, Step | undefined>>;

const mebibyte = 1024 * 1024;
const by =
  (step: number): Step =>
  (sent, now) =>
    Math.abs(now - sent) >= step;
const byShareOf =
  (key: string, share: number, least: number): Step =>
  (sent, now, around) =>
    Math.abs(now - sent) >= Math.max(least, share * Number(around[key] ?? 0));

/** Figures move all the time; these are the steps that somebody would want to hear of before the next full report. */
const deviceSteps: Steps = {
  // The same facts as texts.
  df: undefined,
  free: undefined,
  uptime: undefined,
  'load.0': undefined,
  'load.1': undefined,
  'load.2': by(Math.max(2, availableParallelism())),
  'disks.*.used': byShareOf('size', 0.05, mebibyte),
  'disks.*.available': byShareOf('size', 0.05, mebibyte),
  'memory.available': byShareOf('total', 0.15, mebibyte),
  'memory.swap_free': byShareOf('swap_total', 0.15, mebibyte),
  'temperatures.*.celsius': by(10),
  'clock.offset': by(30),
};

const engineSteps: Steps = {
  // It has figures in it; what waits, and until when, stands beside it.
  'engine.waits.*.because': undefined,
  // It only goes back when the program was started again.
  'apps.*.*.uptime': (sent, now) => now < sent,
  'apps.*.*.memory': (sent, now) => Math.abs(now - sent) >= Math.max(8 * mebibyte, 0.25 * sent),
  'apps.*.*.processes': undefined,
  'apps.*.*.cpu': by(25),
};

/** New traffic on all interfaces before it is worth a report of its own. */
export const usageStep = mebibyte;

export function deviceInfoChanged(
  sent: Omit<DeviceInfo, 'df' | 'free' | 'uname'>,
  now: Omit<DeviceInfo, 'df' | 'free' | 'uname'>,
): boolean {
  return differs(withJudgedClock(sent), withJudgedClock(now), deviceSteps);
}

/** Of a clock only what is wrong with it is worth telling; that it has become known to be right is not. */
function withJudgedClock<T extends Pick<DeviceInfo, 'clock'>>({ clock, ...facts }: T): object {
  const isWrong = clock?.state === 'off' || clock?.state === 'unset';
  return { ...facts, clock: isWrong ? { state: clock.state, offset: clock.offset ?? 0 } : 'not wrong' };
}

export function engineReportChanged(sent: EngineReport, now: EngineReport): boolean {
  return differs(sent, now, engineSteps);
}

/** Interfaces that came or went, somebody who uses one for the first time this month, or much new traffic. */
export function usageChanged(sent: UsageReport, now: UsageReport): boolean {
  const before = usersOf(sent);
  const after = usersOf(now);
  if (Object.keys(sent).length !== Object.keys(now).length) return true;
  if (Object.keys(now).some((name) => !(name in sent))) return true;
  if ([...after.keys()].some((user) => !before.has(user))) return true;
  const growth = [...after].reduce((sum, [user, bytes]) => {
    const known = before.get(user) ?? 0;
    // The sums begin anew with a month.
    return sum + (bytes >= known ? bytes - known : bytes);
  }, 0);
  return growth >= usageStep;
}

/** Bytes of the month by interface and program. */
function usersOf(report: UsageReport): Map<string, number> {
  const users = new Map<string, number>();
  for (const [name, programs] of Object.entries(report)) {
    for (const [program, methods] of Object.entries(programs)) {
      if (typeof methods !== 'object' || program === 'kernel') continue;
      const figures = Object.values(methods as Readonly<Record<string, PeriodUsage>>);
      const bytes = figures.reduce((sum, { month }) => sum + (month?.tot_rx ?? 0) + (month?.tot_tx ?? 0), 0);
      users.set(JSON.stringify([name, program]), bytes);
    }
  }
  return users;
}

/** Whether two plain values differ by more than the steps allow. */
export function differs(sent: unknown, now: unknown, steps: Steps, place: readonly string[] = []): boolean {
  if (!isPlainObject(sent) || !isPlainObject(now)) return sent !== now;
  const keys = new Set([...Object.keys(sent), ...Object.keys(now)]);
  for (const key of keys) {
    const at = [...place, key];
    const found = stepFor(steps, at);
    if (found && found.step === undefined) continue;
    const [before, after] = [sent[key], now[key]];
    if (found?.step && typeof before === 'number' && typeof after === 'number') {
      if (found.step(before, after, now)) return true;
    } else if (differs(before, after, steps, at)) return true;
  }
  return false;
}

function stepFor(steps: Steps, place: readonly string[]): { readonly step: Step | undefined } | undefined {
  for (const [pattern, step] of Object.entries(steps)) {
    const parts = pattern.split('.');
    const fits =
      parts.length === place.length && parts.every((part, index) => part === '*' || part === place[index]);
    if (fits) return { step };
  }
  return undefined;
}

/** Arrays count as objects with positions for keys. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
