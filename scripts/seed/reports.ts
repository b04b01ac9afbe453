import type {
  AppReport,
  DeviceInfo,
  EngineReport,
  MethodUsage,
  PeriodUsage,
  UsageReport,
} from '@gateway-engine/device-api';
import manifest from '../../package.json' with { type: 'json' };
import { chance, smoothNoise } from './chance.ts';
import { type Gateway, tarballOf } from './plan-fleet.ts';

const day = 86_400;

/** Seconds since the gateway's last boot. */
function uptimeAt({ series }: Gateway, ts: number): number {
  const period = Math.floor((4 + 50 * chance(series, 'boots')) * day);
  return 60 + ((ts + Math.floor(chance(series, 'boot') * period)) % period);
}

export function deviceInfoAt(gateway: Gateway, ts: number): DeviceInfo {
  const { kind, series, condition, sn } = gateway;
  const share = condition === 'full-disk' ? 0.97 : 0.25 + 0.4 * chance(series, 'disk');
  const usedKiB = Math.round(kind.diskKiB * Math.min(0.99, share + 0.01 * smoothNoise(series, ts, day)));
  const freeKiB = kind.diskKiB - usedKiB;
  const availableKiB = Math.round(kind.memoryKiB * (0.45 + 0.2 * smoothNoise(`${series} memory`, ts, 3600)));
  const usedMemory = kind.memoryKiB - availableKiB;
  const address = `10.${byte(series, 'a')}.${byte(series, 'b')}.${1 + (byte(series, 'c') % 254)}`;
  const load = [60, 300, 900].map((step) => round(0.35 + 0.3 * smoothNoise(`${series} load`, ts, step), 2));
  const disk = '/dev/mmcblk0p2';
  const percent = Math.round((100 * usedKiB) / kind.diskKiB);
  const boots = Math.floor((ts - uptimeAt(gateway, ts)) / 60);
  return {
    uname: `Linux ${sn.toLowerCase()} ${kind.kernel} #1 SMP ${kind.machine} GNU/Linux`,
    df: [
      'Filesystem      Size  Used Avail Use% Mounted on',
      `${disk}  ${size(kind.diskKiB)} ${size(usedKiB)} ${size(freeKiB)} ${String(percent).padStart(3)}% /`,
      `tmpfs           ${size(kind.memoryKiB / 2)}     0 ${size(kind.memoryKiB / 2)}   0% /dev/shm`,
    ].join('\n'),
    free: [
      '               total        used        free      shared  buff/cache   available',
      `Mem:    ${[kind.memoryKiB, usedMemory, Math.round(availableKiB / 3), 1204, Math.round(availableKiB / 2), availableKiB].map((each) => String(each).padStart(12)).join('')}`,
      `Swap:   ${[0, 0, 0].map((each) => String(each).padStart(12)).join('')}`,
    ].join('\n'),
    ipaddrs: [`${kind.interface}: ${address}`],
    uptime: uptimeAt(gateway, ts),
    load,
    disks: [
      {
        device: disk,
        mounted_on: '/',
        type: 'ext4',
        size: kind.diskKiB * 1024,
        used: usedKiB * 1024,
        available: freeKiB * 1024,
      },
    ],
    memory: {
      total: kind.memoryKiB * 1024,
      available: availableKiB * 1024,
      swap_total: 0,
      swap_free: 0,
    },
    interfaces: [{ name: kind.interface, mac: macOf(series), up: true, addresses: [address] }],
    temperatures: [{ sensor: 'cpu', celsius: round(48 + 9 * smoothNoise(`${series} heat`, ts, 7200), 1) }],
    boot_id: uuidOf(`${series} boot ${boots}`),
    clock:
      condition === 'wrong-clock'
        ? { time: ts - 5403, state: 'off', offset: -5403 }
        : { time: ts, state: 'ok', offset: 0 },
  };
}

export function engineReportAt(gateway: Gateway, ts: number): EngineReport {
  const { kind, series, condition, versions, updatedAt } = gateway;
  const uptime = uptimeAt(gateway, ts);
  const [name, version] = kind.companion;
  const main: AppReport = {
    ...running(`${series} ${kind.app}`, ts, Math.min(uptime, ts >= updatedAt ? ts - updatedAt : uptime)),
    version: ts >= updatedAt ? versions[1] : versions[0],
    ...(condition === 'crashing' && ts >= updatedAt ? crashing : {}),
    ...(condition === 'on-probation' && ts >= gateway.lastSeen ? { probation: kind.versions[2] } : {}),
    ...(condition === 'waiting' && ts >= gateway.lastSeen ? { waiting: 'window' } : {}),
  };
  return {
    engine: { version: manifest.version, ota: { verify: 'unpinned' } },
    apps: byName([
      { [name]: { ...running(`${series} ${name}`, ts, uptime), version } },
      { gmq: { ...running(`${series} gmq`, ts, uptime), version: '' } },
      { gwe: { ...running(`${series} gwe`, ts, uptime), version: '' } },
      { [kind.app]: main },
      { 'send-logs': { version: '1', status: '', uptime: 0, exitstatus: null } },
    ]),
  };
}

function byName(apps: EngineReport['apps']): EngineReport['apps'] {
  const nameOf = (app: object) => Object.keys(app)[0] ?? '';
  return apps.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const crashing: Partial<AppReport> = {
  status: 'BACKOFF',
  uptime: 0,
  exitstatus: 1,
  restarts: 417,
  memory: 0,
  processes: 0,
  cpu: 0,
  last_error: 'ended too quickly (exit status 1): ConnectionError: no answer from 192.168.10.20:502',
};

function running(series: string, ts: number, uptime: number): AppReport {
  return {
    version: '',
    status: 'RUNNING',
    uptime,
    exitstatus: null,
    restarts: chance(series, 'restarts') < 0.8 ? 0 : 1,
    memory: Math.round((9 + 22 * chance(series, 'memory') + smoothNoise(series, ts, 3600)) * 1024 * 1024),
    processes: 1,
    cpu: round(1.2 + smoothNoise(series, ts, 600), 1),
  };
}

export function usageReportAt({ kind, series, lastSeen }: Gateway, ts: number): UsageReport {
  const date = new Date(Math.min(ts, lastSeen) * 1000).toISOString();
  const ofDay = ts % day;
  const ofMonth = (Number(date.slice(8, 10)) - 1) * day + ofDay;
  const usage = (method: string, perHour: number, up: number, down: number): PeriodUsage => {
    const pace = perHour * (0.8 + 0.4 * chance(series, method));
    const over = (seconds: number): MethodUsage => {
      const num = 1 + Math.floor((seconds / 3600) * pace);
      return { tot_rx: num * down, max_rx: down + 90, tot_tx: num * up, max_tx: up * 4, num };
    };
    return { ...over(ofDay), month: over(ofMonth) };
  };
  const app = { record: usage('record', 12, 840, 118) };
  const engine = {
    longpoll: usage('longpoll', 12, 232, 96),
    write: usage('write', 1, 3410, 104),
    ...(chance(series, 'download') < 0.3 ? { download: usage('download', 0.02, 340, 1_420_000) } : {}),
  };
  const bytes = [...Object.values(app), ...Object.values(engine)].reduce(
    (sum, { month }) => sum + (month?.tot_rx ?? 0) + (month?.tot_tx ?? 0),
    0,
  );
  return {
    [kind.interface]: {
      top_consumer: 'download' in engine ? 'gwe' : 'gmq',
      period: `day ${date.slice(0, 10)}, month ${date.slice(0, 7)}`,
      gmq: app,
      gwe: engine,
      kernel: { rx: Math.round(bytes * 1.4), tx: Math.round(bytes * 1.1) },
    },
  };
}

/** What its `fetch_status` has had, with the seconds at which it was written. */
export function fetchStatuses(gateway: Gateway): (readonly [ts: number, text: string])[] {
  const { kind, condition, versions, updatedAt, lastSeen } = gateway;
  const [before, after] = versions;
  const newest = tarballOf(kind, kind.versions[2]);
  const installed = [`${tarballOf(kind, after)}: installed`, 'its program is RUNNING'];
  const done =
    before === after
      ? []
      : [[updatedAt, [...installed, 'install.sh exited with status 0'].join('\n')] as const];
  const last = (...lines: string[]) => [
    ...done,
    [Math.max(updatedAt + 1, lastSeen - 600), lines.join('\n')] as const,
  ];
  switch (condition) {
    case 'failed-install':
      return last(
        `${newest}: not installed: install.sh exited with status 3`,
        `version ${after} is running again`,
        'its output:',
        '+ cp -r lib /usr/local/lib/',
        '+ python3 -m compileall /usr/local/lib/app',
        "ModuleNotFoundError: No module named 'serial'",
      );
    case 'waiting':
      return last(`${newest}: waits (window): updates are installed in 01:00-05:00 local time only`);
    case 'full-disk':
      return last(
        `${newest}: failed: no space left on /dev/mmcblk0p2 /, needs 48234496 bytes; it has 20971520 of ${kind.diskKiB * 1024} free`,
      );
    default:
      return done;
  }
}

function byte(...words: readonly string[]): number {
  return Math.floor(256 * chance(...words));
}

/** Locally administered, as no maker's. */
function macOf(series: string): string {
  const rest = [1, 2, 3, 4, 5].map((each) => byte(series, `mac ${each}`).toString(16).padStart(2, '0'));
  return ['02', ...rest].join(':').toUpperCase();
}

function uuidOf(words: string): string {
  const hex = Array.from({ length: 16 }, (_, at) => byte(words, `uuid ${at}`).toString(16).padStart(2, '0'));
  return [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8), hex.slice(8, 10), hex.slice(10)]
    .map((part) => part.join(''))
    .join('-');
}

function size(kib: number): string {
  return (kib > 1024 * 1024 ? `${(kib / 1024 / 1024).toFixed(1)}G` : `${Math.round(kib / 1024)}M`).padStart(
    5,
  );
}

function round(value: number, digits: number): number {
  return Math.round(Math.max(0, value) * 10 ** digits) / 10 ** digits;
}
