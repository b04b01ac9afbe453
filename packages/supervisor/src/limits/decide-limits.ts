import type { ProgramLimits } from '../config/extras.ts';
import type { Controller } from './cgroup-mounts.ts';

export const limitOptions = ['memory_max', 'cpu_max', 'pids_max', 'nofile'] as const;
export type LimitOption = (typeof limitOptions)[number];

/** What enforces a limit. */
export type Mechanism = 'cgroup v2' | 'cgroup v1' | 'rlimit';

export interface LimitInForce {
  readonly option: LimitOption;
  /** Bytes, CPUs, processes, files. */
  readonly value: number;
  readonly mechanism: Mechanism;
  /** What the mechanism does not quite do as one would expect; empty otherwise. */
  readonly note: string;
}

/** What the machine offers for the limits of one program. */
export interface Offers {
  /** The version of the cgroup controller, or why there is none. */
  controller(name: Controller): { readonly version: 1 | 2 } | { readonly version: undefined; reason: string };
  /** Whether the program runs as root: RLIMIT_NPROC does not bind root, and root may raise RLIMIT_NOFILE. */
  readonly root: boolean;
  /** The most that RLIMIT_NOFILE can be set to for this program. */
  readonly mostFiles: number;
}

const controllerOf = { memory_max: 'memory', cpu_max: 'cpu', pids_max: 'pids' } as const;

/** Which mechanism enforces each limit that is set, the best first; or a sentence for each that none can enforce. */
export function decideLimits(
  limits: ProgramLimits,
  offers: Offers,
): { readonly inForce: LimitInForce[]; readonly refusals: string[] } {
  const wanted = {
    memory_max: limits.memoryMax,
    cpu_max: limits.cpuMax,
    pids_max: limits.pidsMax,
    nofile: limits.nofile,
  };
  const inForce: LimitInForce[] = [];
  const refusals: string[] = [];
  for (const option of limitOptions) {
    const value = wanted[option];
    if (value === undefined) continue;
    const decision = option === 'nofile' ? decideFiles(value, offers) : decide(option, offers);
    if ('refusal' in decision) refusals.push(`cannot enforce ${option}=${value}: ${decision.refusal}`);
    else inForce.push({ option, value, ...decision });
  }
  return { inForce, refusals };
}

type Decision = { readonly mechanism: Mechanism; readonly note: string } | { readonly refusal: string };

function decide(option: Exclude<LimitOption, 'nofile'>, offers: Offers): Decision {
  const offer = offers.controller(controllerOf[option]);
  if (offer.version !== undefined) return { mechanism: `cgroup v${offer.version}`, note: '' };
  if (option === 'memory_max')
    return { mechanism: 'rlimit', note: `RLIMIT_DATA, for each process alone: ${offer.reason}` };
  if (option === 'pids_max' && !offers.root)
    return { mechanism: 'rlimit', note: `RLIMIT_NPROC, for all processes of the user: ${offer.reason}` };
  const instead =
    option === 'cpu_max'
      ? 'no other mechanism can'
      : 'the other mechanism, RLIMIT_NPROC, does not bind a program that runs as root (set user)';
  return {
    refusal: `${offer.reason}, and ${instead}; take the option out or start the supervisor where it can`,
  };
}

function decideFiles(value: number, offers: Offers): Decision {
  if (value <= offers.mostFiles) return { mechanism: 'rlimit', note: '' };
  return { refusal: `at most ${offers.mostFiles} open files can be allowed to this program here` };
}
