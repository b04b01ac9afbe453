import { chance, pick } from './chance.ts';
import { type Kind, kinds } from './kinds.ts';

/** How a gateway of the fleet is. */
export const conditions = [
  'well',
  /** Went off the network days ago, with an instruction waiting for it. */
  'offline',
  /** The last update failed and was rolled back. */
  'failed-install',
  /** Its application ends again and again. */
  'crashing',
  /** An update waits for its hours. */
  'waiting',
  'on-probation',
  'full-disk',
  'wrong-clock',
  /** Added to the platform, and never switched on. */
  'never-seen',
] as const;
export type Condition = (typeof conditions)[number];

/** Twenty gateways have every condition, most of them none; 20 and the number of kinds have no common divisor. */
const cycle: readonly Condition[] = [
  ...([
    'well',
    'well',
    'offline',
    'well',
    'failed-install',
    'well',
    'well',
    'crashing',
    'well',
    'well',
  ] as const),
  ...(['waiting', 'well', 'never-seen', 'on-probation', 'well', 'offline', 'full-disk', 'well'] as const),
  ...(['wrong-clock', 'well'] as const),
];

export interface Gateway {
  readonly sn: string;
  readonly kind: Kind;
  readonly condition: Condition;
  /** What its numbers come from: differs for each gateway and each seed. */
  readonly series: string;
  /** Version of its application at the beginning, and from `updatedAt` on. */
  readonly versions: readonly [before: string, after: string];
  /** Seconds since 1970. */
  readonly updatedAt: number;
  /** The first and the last time it wrote anything. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface FleetOptions {
  readonly devices: number;
  /** Same seed, same fleet. */
  readonly seed: string;
  /** Seconds since 1970: where the histories end. */
  readonly until: number;
  /** How far back they go. */
  readonly days: number;
}

const day = 86_400;

/** The fleet on paper. Pure: the same options give the same fleet. */
export function planFleet({ devices, seed, until, days }: FleetOptions): Gateway[] {
  return Array.from({ length: devices }, (_, index) => {
    const kind = kinds[index % kinds.length] as Kind;
    const sn = `${kind.prefix}-${String(Math.floor(index / kinds.length) + 1).padStart(4, '0')}`;
    const condition = cycle[index % cycle.length] as Condition;
    const series = `${seed} ${sn}`;
    const firstSeen = until - days * day;
    const offlineFor = Math.floor((0.1 + 0.6 * chance(series, 'offline for')) * days * day);
    const lastSeen = condition === 'offline' ? until - offlineFor : until;
    return {
      sn,
      kind,
      condition,
      series,
      versions: versionsOf(kind, condition, chance(series, 'version')),
      updatedAt: Math.floor(lastSeen - (0.15 + 0.7 * chance(series, 'updated')) * (lastSeen - firstSeen)),
      firstSeen,
      lastSeen,
    };
  });
}

function versionsOf({ versions }: Kind, condition: Condition, at: number): readonly [string, string] {
  const [oldest, middle, newest] = versions;
  // These are about an update to the newest version that is not in yet.
  if (condition !== 'well' && condition !== 'crashing') return [oldest, middle];
  return pick(
    [
      [[middle, newest] as const, 6],
      [[oldest, middle] as const, 3],
      [[oldest, oldest] as const, 1],
    ],
    at,
  );
}

/** The name under which a version of the gateway's application is in the content area. */
export function tarballOf({ app }: Kind, version: string): string {
  return `${app}.v${version}.tar.gz`;
}
