import type { ProcessState } from '../states.ts';
import type { EventType } from './event-types.ts';

/** A change of state of a process. */
export interface Transition {
  readonly from: ProcessState;
  readonly to: ProcessState;
  /** Of the child the change is about; 0 when there was none. */
  readonly pid: number;
  /** How many starts have failed one after the other. */
  readonly tries: number;
  /** Whether the exit code is one of those that are expected. */
  readonly expected: boolean;
}

export interface ProcessIdentity {
  readonly name: string;
  readonly group: string;
}

export function stateEventType(state: ProcessState): EventType {
  return `PROCESS_STATE_${state}`;
}

export function statePayload({ name, group }: ProcessIdentity, change: Transition): string {
  const fields = [`processname:${name}`, `groupname:${group}`, `from_state:${change.from}`];
  if (change.to === 'STARTING' || change.to === 'BACKOFF') fields.push(`tries:${change.tries}`);
  if (change.to === 'EXITED') fields.push(`expected:${change.expected ? 1 : 0}`);
  if (['EXITED', 'RUNNING', 'STOPPING', 'STOPPED'].includes(change.to)) fields.push(`pid:${change.pid}`);
  return fields.join(' ');
}

export function logPayload(
  { name, group }: ProcessIdentity,
  pid: number,
  channel: 'stdout' | 'stderr',
  bytes: Uint8Array,
): string {
  return `processname:${name} groupname:${group} pid:${pid} channel:${channel}\n${textOf(bytes)}`;
}

export function communicationPayload(
  { name, group }: ProcessIdentity,
  pid: number,
  bytes: Uint8Array,
): string {
  return `processname:${name} groupname:${group} pid:${pid}\n${textOf(bytes)}`;
}

/** UTF-8, or what Supervisor makes of bytes that are not. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: an answer of the decoder, no trouble.
    return `Undecodable: ${pythonBytes(bytes)}`;
  }
}

/** A byte string as Python prints it. */
export function pythonBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (named[byte] !== undefined) text += named[byte];
    else if (character === quote) text += `\\${quote}`;
    else if (byte < 0x20 || byte > 0x7e) text += `\\x${byte.toString(16).padStart(2, '0')}`;
    else text += character;
  }
  return `b${quote}${text}${quote}`;
}
