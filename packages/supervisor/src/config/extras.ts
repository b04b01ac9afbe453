import { ValueError } from './config-error.ts';
import type { SectionReader } from './sections.ts';
import { parseByteSize, parseInteger, parseList } from './values.ts';

/** What a program may use of the machine; undefined: as much as there is. */
export interface ProgramLimits {
  /** Bytes of memory and swap. */
  readonly memoryMax: number | undefined;
  /** CPUs: 0.5 is half of one. */
  readonly cpuMax: number | undefined;
  /** Processes and threads. */
  readonly pidsMax: number | undefined;
  /** Open files of each process. */
  readonly nofile: number | undefined;
}

/** How starts are paced once the documented retries are used up. */
export interface RestartPolicy {
  readonly initialSeconds: number;
  readonly factor: number;
  /** Share of a delay that is random, 0 to 1. */
  readonly jitter: number;
  readonly maximumSeconds: number;
  /** Up this long, a program has recovered: its failures are forgotten. */
  readonly windowSeconds: number;
}

export interface HealthCheckConfig {
  readonly kind: 'command' | 'url';
  /** The command, or the URL. */
  readonly target: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** So many failures in a row make it unhealthy. */
  readonly retries: number;
}

/** Options of a program that Supervisor does not have. */
export interface ProgramExtras {
  readonly limits: ProgramLimits;
  readonly restart: RestartPolicy | undefined;
  readonly healthCheck: HealthCheckConfig | undefined;
  readonly watchdogSeconds: number | undefined;
  /** Programs, as NAME or GROUP:NAME, or groups. */
  readonly dependsOn: readonly string[];
}

export const noExtras: ProgramExtras = {
  limits: { memoryMax: undefined, cpuMax: undefined, pidsMax: undefined, nofile: undefined },
  restart: undefined,
  healthCheck: undefined,
  watchdogSeconds: undefined,
  dependsOn: [],
};

export function readExtras(options: SectionReader): ProgramExtras {
  return {
    limits: {
      memoryMax: options.read('memory_max', parseMemory, undefined),
      cpuMax: options.read('cpu_max', parseCpus, undefined),
      pidsMax: options.read('pids_max', parsePositive, undefined),
      nofile: options.read('nofile', parsePositive, undefined),
    },
    restart: readRestartPolicy(options),
    healthCheck: readHealthCheck(options),
    watchdogSeconds: options.read('watchdog_secs', parsePositiveSeconds, undefined),
    dependsOn: options.read('depends_on', parseList, []),
  };
}

function readRestartPolicy(options: SectionReader): RestartPolicy | undefined {
  const initialSeconds = options.read('restart_initial', parsePositiveSeconds, undefined);
  if (initialSeconds === undefined) {
    refuseWithout(options, 'restart_initial', [
      'restart_factor',
      'restart_jitter',
      'restart_maximum',
      'restart_window',
    ]);
    return undefined;
  }
  const maximumSeconds = options.read('restart_maximum', parsePositiveSeconds, Math.max(300, initialSeconds));
  if (maximumSeconds < initialSeconds)
    throw options.problem(
      'restart_maximum',
      `${maximumSeconds} is less than restart_initial, ${initialSeconds}`,
    );
  return {
    initialSeconds,
    factor: options.read('restart_factor', parseFactor, 2),
    jitter: options.read('restart_jitter', parseShare, 0.1),
    maximumSeconds,
    windowSeconds: options.read('restart_window', parsePositiveSeconds, 600),
  };
}

function readHealthCheck(options: SectionReader): HealthCheckConfig | undefined {
  const command = options.text('healthcheck_command');
  const url = options.read('healthcheck_url', parseUrl, undefined);
  if (command !== undefined && url !== undefined)
    throw options.problem(
      'healthcheck_url',
      'healthcheck_command is set as well; a program has one health check',
    );
  const target = command ?? url;
  if (target === undefined) {
    refuseWithout(options, 'healthcheck_command or healthcheck_url', [
      'healthcheck_interval',
      'healthcheck_timeout',
      'healthcheck_retries',
    ]);
    return undefined;
  }
  return {
    kind: command === undefined ? 'url' : 'command',
    target,
    intervalSeconds: options.read('healthcheck_interval', parsePositiveSeconds, 30),
    timeoutSeconds: options.read('healthcheck_timeout', parsePositiveSeconds, 5),
    retries: options.read('healthcheck_retries', parsePositive, 3),
  };
}

/** An option that would have no effect is a slip of its writer. */
function refuseWithout(options: SectionReader, needed: string, useless: readonly string[]): void {
  const found = useless.find((option) => options.has(option));
  if (found !== undefined) throw options.problem(found, `has no effect without ${needed}`);
}

function parseMemory(text: string): number {
  const bytes = parseByteSize(text);
  // Below this not even the launcher of a program would run.
  if (bytes < 1024 ** 2) throw new ValueError(`${text} is less than 1MB`);
  return bytes;
}

/** `50%` of one CPU, or a number of CPUs. */
export function parseCpus(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text.trim());
  const cpus = Number(match?.[1] ?? Number.NaN) / (match?.[2] === '%' ? 100 : 1);
  if (!(cpus >= 0.01 && cpus <= 10_000)) throw new ValueError(`"${text}" is no amount of CPUs from 1% up`);
  return cpus;
}

function parsePositive(text: string): number {
  const number = parseInteger(text);
  if (number < 1) throw new ValueError(`${text} is less than 1`);
  return number;
}

function parsePositiveSeconds(text: string): number {
  const seconds = parseDecimal(text);
  if (!(seconds >= 0.05 && seconds <= 1_000_000)) throw new ValueError(`${text} is too little or too much`);
  return seconds;
}

function parseFactor(text: string): number {
  const factor = parseDecimal(text);
  if (!(factor >= 1)) throw new ValueError(`${text} is less than 1`);
  return factor;
}

function parseShare(text: string): number {
  const share = parseDecimal(text);
  if (share > 1) throw new ValueError(`${text} is more than 1`);
  return share;
}

function parseDecimal(text: string): number {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text.trim())) throw new ValueError(`"${text}" is no such number`);
  return Number(text);
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new ValueError(`"${text}" is no address that can be fetched`);
  return text;
}
