import type { ProcessInfo } from '../xml-rpc/client.ts';
import { faults } from '../xml-rpc/faults.ts';

/** Exit codes of Supervisor's own control command (those of LSB init scripts). */
export const exitCodes = {
  success: 0,
  generic: 1,
  statusNotRunning: 3,
  statusUnknown: 4,
  notRunning: 7,
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

const refusals = new Map<number, string>([
  [faults.BAD_NAME, 'no such process'],
  [faults.NO_FILE, 'no such file'],
  [faults.NOT_EXECUTABLE, 'file is not executable'],
  [faults.ALREADY_STARTED, 'already started'],
  [faults.NOT_RUNNING, 'not running'],
  [faults.SPAWN_ERROR, 'spawn error'],
  [faults.ABNORMAL_TERMINATION, 'abnormal termination'],
]);

/** What a refusal of a start or stop is shown as. */
export function refusalLine(name: string, faultCode: number, faultString: string): string {
  return `${name}: ERROR (${refusals.get(faultCode) ?? faultString})`;
}

/** The exit code that a refusal leads to; `harmless` is the one that leaves things as they were asked to be. */
export function exitCodeOf(faultCode: number, harmless: number): number {
  if (faultCode === harmless || faultCode === faults.SUCCESS) return exitCodes.success;
  const dead: number[] = [faults.SPAWN_ERROR, faults.ABNORMAL_TERMINATION, faults.NOT_RUNNING];
  return dead.includes(faultCode) ? exitCodes.notRunning : exitCodes.generic;
}
