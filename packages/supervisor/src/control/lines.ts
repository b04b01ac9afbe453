import { splitName } from '../rpc/split-name.ts';
import type { ProcessInfo, ProcessOutcome } from '../xml-rpc/client.ts';
import { type FaultName, faults, type SupervisorFault } from '../xml-rpc/faults.ts';

/** Exit codes of Supervisor's own control command (those of LSB init scripts). */
export const exitCodes = {
  success: 0,
  generic: 1,
  invalidArguments: 2,
  unimplementedFeature: 3,
  insufficientPrivileges: 4,
  notInstalled: 5,
  notRunning: 7,
  statusNotRunning: 3,
  statusUnknown: 4,
} as const;

/** A program's full name: its group's as well, where that is another. */
export function nameOf(info: { group: string; name: string }): string {
  return info.group === info.name ? info.name : `${info.group}:${info.name}`;
}

/** The table of `status`: name, state, description. */
export function statusLines(infos: readonly ProcessInfo[]): string[] {
  const width = Math.max(30, ...infos.map((info) => nameOf(info).length)) + 3;
  return infos.map((info) => `${nameOf(info).padEnd(width)}${info.statename.padEnd(10)}${info.description}`);
}

/** The row of `avail`: name, whether it is active, whether it starts by itself, priorities of group and program. */
export function availableLine(config: {
  name: string;
  group: string;
  inuse: boolean;
  autostart: boolean;
  group_prio: number;
  process_prio: number;
}): string {
  const inUse = config.inuse ? 'in use' : 'avail';
  const start = config.autostart ? 'auto' : 'manual';
  const name = nameOf(config).padEnd(32);
  return `${name} ${inUse.padEnd(9)} ${start.padEnd(9)} ${config.group_prio}:${config.process_prio}`;
}

type Refusals = Partial<Record<FaultName, string>>;

const startRefusals: Refusals = {
  BAD_NAME: 'no such process',
  NO_FILE: 'no such file',
  NOT_EXECUTABLE: 'file is not executable',
  ALREADY_STARTED: 'already started',
  SPAWN_ERROR: 'spawn error',
  ABNORMAL_TERMINATION: 'abnormal termination',
};

const signalRefusals: Refusals = {
  BAD_NAME: 'no such process',
  BAD_SIGNAL: 'bad signal name',
  NOT_RUNNING: 'not running',
};

const clearRefusals: Refusals = { BAD_NAME: 'no such process', FAILED: 'failed' };

export function startLine(outcome: ProcessOutcome): string {
  return outcomeLine(outcome, 'started', startRefusals);
}

export function signalLine(outcome: ProcessOutcome, done: 'signalled' | 'stopped'): string {
  // The supervisor's own words say what went wrong.
  if (outcome.status === faults.FAILED) return outcome.description;
  return outcomeLine(outcome, done, signalRefusals);
}

export function clearLine(outcome: ProcessOutcome): string {
  return outcomeLine(outcome, 'cleared', clearRefusals);
}

function outcomeLine(outcome: ProcessOutcome, done: string, refusals: Refusals): string {
  if (outcome.status === faults.SUCCESS) return `${nameOf(outcome)}: ${done}`;
  const names = Object.keys(refusals) as FaultName[];
  const name = names.find((candidate) => faults[candidate] === outcome.status);
  return `${nameOf(outcome)}: ERROR (${name === undefined ? outcome.description : refusals[name]})`;
}

/** The refusal of a call on one program, as the call on a group would give it. */
export function refused(fullName: string, fault: SupervisorFault): ProcessOutcome {
  return { ...parts(fullName), status: fault.faultCode, description: fault.faultString };
}

export function succeeded(fullName: string): ProcessOutcome {
  return { ...parts(fullName), status: faults.SUCCESS, description: 'OK' };
}

function parts(fullName: string): { group: string; name: string } {
  const { group, name = '*' } = splitName(fullName);
  return { group, name };
}

/** The exit code that an outcome leads to; `harmless` is a fault that leaves things as they were asked to be. */
export function exitCodeOf(status: number, harmless?: FaultName): number {
  if (status === faults.SUCCESS || (harmless !== undefined && status === faults[harmless]))
    return exitCodes.success;
  const dead: number[] = [faults.SPAWN_ERROR, faults.ABNORMAL_TERMINATION, faults.NOT_RUNNING];
  return dead.includes(status) ? exitCodes.notRunning : exitCodes.generic;
}
