import type { Clock } from '@gateway-engine/host';
import type { Program } from '../program.ts';
import { type ProcessState, processStates } from '../states.ts';
import type { ProcessInfo } from '../xml-rpc/client.ts';

/** What getProcessInfo answers. Wall times are capped to what XML-RPC's int can hold. */
export function processInfo(
  program: Program,
  clock: Clock,
): ProcessInfo & { readonly [key: string]: string | number } {
  const { process, config } = program;
  const stdout = program.logFile('stdout') ?? '';
  return {
    name: config.name,
    group: config.group,
    start: seconds(process.startedAt),
    stop: seconds(process.stoppedAt),
    now: seconds(clock.now()),
    state: processStates[process.state],
    statename: process.state,
    spawnerr: process.spawnError,
    exitstatus: process.exitStatus ?? 0,
    logfile: stdout,
    stdout_logfile: stdout,
    stderr_logfile: program.logFile('stderr') ?? '',
    pid: process.pid,
    description: program.waitsFor === '' ? describe(process, config.name) : `Waiting for ${program.waitsFor}`,
  };
}

function seconds(milliseconds: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.floor(milliseconds / 1000)));
}

function describe(
  process: {
    state: ProcessState;
    pid: number;
    uptimeMs: number;
    spawnError: string;
    startedAt: number;
    stoppedAt: number;
    paced: { failures: number; startsInMs: number | undefined };
  },
  name: string,
): string {
  switch (process.state) {
    case 'RUNNING':
      return `pid ${process.pid}, uptime ${formatUptime(process.uptimeMs)}`;
    case 'FATAL':
    case 'BACKOFF': {
      const { failures, startsInMs } = process.paced;
      const problem = process.spawnError || `unknown error (try "tail ${name}")`;
      return startsInMs === undefined
        ? problem
        : `${problem}; failed ${failures} times, next start in ${Math.ceil(startsInMs / 1000)} s`;
    }
    case 'STOPPED':
    case 'EXITED':
      return process.startedAt === 0 ? 'Not started' : formatMoment(process.stoppedAt);
    default:
      return '';
  }
}

/** `1 day, 2:03:04`, as Python writes a duration. */
export function formatUptime(milliseconds: number): string {
  const total = Math.floor(milliseconds / 1000);
  const days = Math.floor(total / 86_400);
  const two = (number: number) => String(number).padStart(2, '0');
  const time = `${Math.floor((total % 86_400) / 3600)}:${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  if (days === 0) return time;
  return `${days} day${days === 1 ? '' : 's'}, ${time}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mar 07 09:05 PM`, local time. */
function formatMoment(milliseconds: number): string {
  const moment = new Date(milliseconds);
  const two = (number: number) => String(number).padStart(2, '0');
  const hour = moment.getHours();
  return `${months[moment.getMonth()]} ${two(moment.getDate())} ${two(hour % 12 || 12)}:${two(moment.getMinutes())} ${hour < 12 ? 'AM' : 'PM'}`;
}
