import { setImmediate } from 'node:timers/promises';
import { type Clock, describeError } from '@gateway-engine/host';
import { ValueError } from '../config/config-error.ts';
import { dependenciesFirst } from '../config/start-order.ts';
import { parseSignal } from '../config/values.ts';
import { findCommand, SpawnError } from '../process/find-command.ts';
import type { Program } from '../program.ts';
import { runningStates, signallableStates, stoppedStates } from '../states.ts';
import type { Supervisor } from '../supervisor.ts';
import { fault } from '../xml-rpc/faults.ts';
import { allPrograms, findGroup, findProgram, findPrograms, forEach, fullName } from './find-programs.ts';
import type { Methods } from './method.ts';
import { processInfo } from './process-info.ts';

/** Starting, stopping, signalling and looking at programs. */
export function processMethods(
  supervisor: Supervisor,
  parts: { clock: Clock; environment: NodeJS.ProcessEnv },
): Methods {
  const isUp = (program: Program) => runningStates.includes(program.process.state) || program.waitsFor !== '';
  const isDown = (program: Program) => !isUp(program);
  const isSignallable = (program: Program) => signallableStates.includes(program.process.state);
  const start = (programs: readonly Program[], wait: boolean) =>
    forEach(dependenciesFirst(programs.filter(isDown)), (program) =>
      startProgram(program, wait, parts.environment),
    );
  const stop = (programs: readonly Program[], wait: boolean) =>
    forEach(programs.filter(isUp), (program) => stopProgram(program, wait));
  const signal = (programs: readonly Program[], name: string) =>
    forEach(programs.filter(isSignallable), (program) => signalProgram(program, name));

  return {
    getProcessInfo: {
      parameters: { name: 'string' },
      returns: 'struct',
      help: 'State and times of a process.',
      run: (args) => processInfo(findProgram(supervisor, args.text(0)), parts.clock),
    },
    getAllProcessInfo: {
      parameters: {},
      returns: 'array',
      help: 'State and times of all processes, by name.',
      run: () =>
        [...supervisor.groups.values()]
          .flatMap((group) => group.programs)
          .sort((a, b) => compare(a.config.group, b.config.group) || compare(a.config.name, b.config.name))
          .map((program) => processInfo(program, parts.clock)),
    },
    startProcess: {
      parameters: { name: 'string', wait: 'boolean' },
      optional: 1,
      returns: 'boolean',
      help: 'Starts a process (name, group:name or group:*); waits until it is RUNNING unless the second parameter is false.',
      run: async (args) => {
        const { group, program } = findPrograms(supervisor, args.text(0));
        if (!program) return await start(group.programs, args.flag(1, true));
        await startProgram(program, args.flag(1, true), parts.environment, args.text(0));
        return true;
      },
    },
    startProcessGroup: {
      parameters: { name: 'string', wait: 'boolean' },
      optional: 1,
      returns: 'array',
      help: 'Starts all processes of a group.',
      run: (args) => start(findGroup(supervisor, args.text(0)).programs, args.flag(1, true)),
    },
    startAllProcesses: {
      parameters: { wait: 'boolean' },
      optional: 1,
      returns: 'array',
      help: 'Starts all processes.',
      run: (args) => start(allPrograms(supervisor), args.flag(0, true)),
    },
    stopProcess: {
      parameters: { name: 'string', wait: 'boolean' },
      optional: 1,
      returns: 'boolean',
      help: 'Stops a process (name, group:name or group:*); waits until it has stopped unless the second parameter is false.',
      run: async (args) => {
        const { group, program } = findPrograms(supervisor, args.text(0));
        if (!program) return await stop(group.programs, args.flag(1, true));
        await stopProgram(program, args.flag(1, true), args.text(0));
        return true;
      },
    },
    stopProcessGroup: {
      parameters: { name: 'string', wait: 'boolean' },
      optional: 1,
      returns: 'array',
      help: 'Stops all processes of a group.',
      run: (args) => stop(findGroup(supervisor, args.text(0)).programs, args.flag(1, true)),
    },
    stopAllProcesses: {
      parameters: { wait: 'boolean' },
      optional: 1,
      returns: 'array',
      help: 'Stops all processes.',
      run: (args) => stop(allPrograms(supervisor), args.flag(0, true)),
    },
    signalProcess: {
      parameters: { name: 'string', signal: 'string' },
      returns: 'boolean',
      help: 'Sends a signal, by name or number, to a process.',
      run: async (args) => {
        const { group, program } = findPrograms(supervisor, args.text(0));
        if (!program) return await signal(group.programs, args.text(1));
        signalProgram(program, args.text(1), args.text(0));
        return true;
      },
    },
    signalProcessGroup: {
      parameters: { name: 'string', signal: 'string' },
      returns: 'array',
      help: 'Sends a signal to all processes of a group.',
      run: (args) => signal(findGroup(supervisor, args.text(0)).programs, args.text(1)),
    },
    signalAllProcesses: {
      parameters: { signal: 'string' },
      returns: 'array',
      help: 'Sends a signal to all processes.',
      run: (args) => signal(allPrograms(supervisor), args.text(0)),
    },
    sendProcessStdin: {
      parameters: { name: 'string', chars: 'string' },
      returns: 'boolean',
      help: 'Writes text to the standard input of a process.',
      run: (args) => {
        if (!args.isText(1)) throw fault('INCORRECT_PARAMETERS', args.text(1));
        const program = findProgram(supervisor, args.text(0));
        if (program.process.pid === 0 || program.process.state === 'STOPPING')
          throw fault('NOT_RUNNING', args.text(0));
        if (!program.writeStdin(args.text(1))) throw fault('NO_FILE', args.text(0));
        return true;
      },
    },
  };
}

/** A command that is known not to work is refused before anything changes. */
async function startProgram(
  program: Program,
  wait: boolean,
  environment: NodeJS.ProcessEnv,
  name = fullName(program),
): Promise<void> {
  const { config, process } = program;
  try {
    findCommand(config.command, config.environment.PATH ?? environment.PATH);
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    throw fault(error.reason === 'not found' ? 'NO_FILE' : 'NOT_EXECUTABLE', error.message);
  }
  if (runningStates.includes(process.state)) throw fault('ALREADY_STARTED', name);
  if (process.state === 'UNKNOWN') throw fault('FAILED', `${name} is in an unknown process state`);
  if (process.state === 'STOPPING') {
    // Nothing is started, and who does not wait is not told, as in Supervisor.
    if (wait) throw fault('ABNORMAL_TERMINATION', name);
    return;
  }
  const hopeless = program.hopeless;
  if (hopeless !== '') throw fault('FAILED', `${name} depends on ${hopeless}; start that first`);
  const later = program.begin(); // STOPPED, EXITED, FATAL -> STARTING
  if (later) {
    if (!wait) return;
    if (!(await later)) throw fault('ABNORMAL_TERMINATION', name);
  }
  // The failure of a spawn is told a moment later.
  await setImmediate();
  if (wait) await process.until((state) => state !== 'STARTING');
  if (process.spawnError !== '') throw fault('SPAWN_ERROR', name);
  if (wait && process.state !== 'RUNNING') throw fault('ABNORMAL_TERMINATION', name);
}

async function stopProgram(program: Program, wait: boolean, name = fullName(program)): Promise<void> {
  if (program.giveUpStart()) return;
  if (!program.process.stop()) throw fault('NOT_RUNNING', name);
  if (wait) await program.process.until((state) => stoppedStates.includes(state));
}

function signalProgram(program: Program, signal: string, name = fullName(program)): void {
  // Signal 0 reaches nobody; it asks whether there is somebody.
  const parsed = signal.trim() === '0' ? undefined : signalOf(signal);
  if (!signallableStates.includes(program.process.state)) throw fault('NOT_RUNNING', name);
  try {
    if (parsed) program.process.signal(parsed);
  } catch (error) {
    throw fault(
      'FAILED',
      `unknown problem sending sig ${name} (${program.process.pid}): ${describeError(error)}`,
    );
  }
}

function signalOf(text: string): NodeJS.Signals {
  try {
    return parseSignal(text);
  } catch (error) {
    if (error instanceof ValueError) throw fault('BAD_SIGNAL', text);
    throw error;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
