import { describeError } from '@gateway-engine/host';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { entryOf } from '../program-entry.ts';
import type { ProgramState } from '../programs.ts';
import { mayStay } from './may-stay.ts';
import { done, failed, known, type Step, withNote } from './step.ts';

/** Gives the supervisor the new entry, which starts the program. */
export async function startProgram(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { name, contents, previous } = known(install);
  const { programs } = parts;
  const entry = entryOf(name, contents, parts);
  if (entry === null && previous.conf === null) return done();
  try {
    const before = entry === null ? 0 : await programs.logSize(name, entry);
    const state = await programs.update(name, entry, signal);
    const facts = { start: state, logSize: before };
    if (state !== 'fatal') return done({ ...facts, ...withNote(inWords[state]) });
    const tail = (await programs.logTail(name, before)).trim();
    const problem = `its program does not start (FATAL)${tail === '' ? '' : `; the end of its log:\n${tail}`}`;
    return mayStay(install, parts) ? done({ ...facts, but: problem }) : failed(problem, facts);
  } catch (error) {
    signal.throwIfAborted();
    return failed(`its program cannot be started: ${describeError(error)}`);
  }
}

const inWords: Readonly<Record<Exclude<ProgramState, 'fatal'>, string>> = {
  up: 'its program is RUNNING',
  ended: 'its program has ended already (EXITED)',
  undecided: 'its program is still being started',
  'not-started': '',
  offline: 'the supervisor is not running; the program starts with it',
};
