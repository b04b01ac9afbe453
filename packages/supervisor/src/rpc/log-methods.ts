import { existsSync } from 'node:fs';
import { describeError } from '@gateway-engine/host';
import { readLog, tailLog } from '../capture/read-log.ts';
import type { Supervisor } from '../supervisor.ts';
import { type FaultName, fault } from '../xml-rpc/faults.ts';
import { allPrograms, findProgram, forEach } from './find-programs.ts';
import type { Arguments, Method, Methods } from './method.ts';

/** The supervisor's own log, when it has a file. */
export interface MainLog {
  readonly path: string | undefined;
  clear(): void;
}

/** Reading and clearing logs. */
export function logMethods(supervisor: Supervisor, mainLog: MainLog): Methods {
  const read = (channel: 'stdout' | 'stderr'): Method => ({
    parameters: { name: 'string', offset: 'int', length: 'int' },
    returns: 'string',
    help: `Reads bytes of the ${channel} log of a process: name, offset (negative: from the end), length (0: up to the end).`,
    run: (args) =>
      readFile(findProgram(supervisor, args.text(0)).logFile(channel), args.integer(1), args.integer(2)),
  });
  const tail = (channel: 'stdout' | 'stderr'): Method => ({
    parameters: { name: 'string', offset: 'int', length: 'int' },
    returns: 'array',
    help: `Reads the end of the ${channel} log of a process: name, offset, length. Gives text, length of the log, and whether something was passed over.`,
    run: (args) => {
      const path = findProgram(supervisor, args.text(0)).logFile(channel);
      if (path === undefined || !existsSync(path)) return ['', 0, false];
      return orFault('FAILED', () => tailLog(path, args.integer(1), args.integer(2)));
    },
  });
  const clear = (args: Arguments) => {
    const program = findProgram(supervisor, args.text(0));
    orFault('FAILED', () => program.clearLogs());
    return true;
  };
  const clearOne: Method = {
    parameters: { name: 'string' },
    returns: 'boolean',
    help: 'Empties the logs of a process.',
    run: clear,
  };
  const readMain: Method = {
    parameters: { offset: 'int', length: 'int' },
    returns: 'string',
    help: "Reads bytes of the supervisor's own log: offset (negative: from the end), length (0: up to the end).",
    run: (args) => readFile(mainLog.path, args.integer(0), args.integer(1)),
  };
  return {
    readProcessStdoutLog: read('stdout'),
    readProcessLog: read('stdout'),
    readProcessStderrLog: read('stderr'),
    tailProcessStdoutLog: tail('stdout'),
    tailProcessLog: tail('stdout'),
    tailProcessStderrLog: tail('stderr'),
    clearProcessLogs: clearOne,
    clearProcessLog: clearOne,
    clearAllProcessLogs: {
      parameters: {},
      returns: 'array',
      help: 'Empties the logs of all processes.',
      run: () => forEach(allPrograms(supervisor), (program) => orFault('FAILED', () => program.clearLogs())),
    },
    readLog: readMain,
    readMainLog: readMain,
    clearLog: {
      parameters: {},
      returns: 'boolean',
      help: "Empties the supervisor's own log.",
      run: () => {
        if (mainLog.path === undefined || !existsSync(mainLog.path)) throw fault('NO_FILE');
        orFault('FAILED', () => mainLog.clear());
        return true;
      },
    },
  };
}

function readFile(path: string | undefined, offset: number, length: number): string {
  if (path === undefined || !existsSync(path)) throw fault('NO_FILE', path);
  const text = orFault('FAILED', () => readLog(path, offset, length));
  if (text === undefined) throw fault('BAD_ARGUMENTS');
  return text;
}

function orFault<T>(name: FaultName, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fault(name, describeError(error));
  }
}
