import { isFault, type ProcessOutcome } from '../../xml-rpc/client.ts';
import { SupervisorFault } from '../../xml-rpc/faults.ts';
import { type ControlCommand, words } from '../command.ts';
import { followLog } from '../follow-log.ts';
import { clearLine, exitCodeOf, exitCodes, refused, succeeded } from '../lines.ts';
import type { ControlSession } from '../session.ts';

/** How much of a log's end is shown when nothing else is asked for. */
const usualBytes = 1600;

export const tail: ControlCommand = {
  name: 'tail',
  help: [
    'tail [-f] <name> [stdout|stderr] (default stdout)',
    'For example:',
    'tail -f <name>\t\tShow what the process writes to stdout, as it comes',
    '\t\t\tCtrl-C to exit.',
    'tail -100 <name>\tthe last 100 *bytes* of its stdout',
    'tail <name> stderr\tthe last 1600 *bytes* of its stderr',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const asked = readTail(words(rest));
    if ('problem' in asked) {
      session.misused(`Error: ${asked.problem}`, asked.explain ? tail.help : []);
      return;
    }
    const { name, channel, bytes } = asked;
    if (bytes === undefined) await follow(session, `/logtail/${name}/${channel}`);
    else {
      const method = channel === 'stdout' ? 'readProcessStdoutLog' : 'readProcessStderrLog';
      await show(session, name, () => session.client.call(`supervisor.${method}`, [name, -bytes, 0]));
    }
  },
};

type Tail =
  | { readonly name: string; readonly channel: string; readonly bytes: number | undefined }
  | { readonly problem: string; readonly explain: boolean };

/** What the arguments of `tail` ask for; `bytes` is undefined for what follows. */
export function readTail(args: readonly string[]): Tail {
  if (args.length === 0) return { problem: 'too few arguments', explain: true };
  if (args.length > 3) return { problem: 'too many arguments', explain: true };
  const option = args[0]?.startsWith('-') ? args[0] : undefined;
  const [name, ...more] = option === undefined ? args : args.slice(1);
  if (name === undefined) return { problem: 'tail requires process name', explain: false };
  const channel = more.at(-1)?.toLowerCase() ?? 'stdout';
  if (channel !== 'stdout' && channel !== 'stderr')
    return { problem: `bad channel '${channel}'`, explain: false };
  const bytes = bytesOf(option);
  if (bytes === 'bad') return { problem: `bad argument ${option}`, explain: false };
  return { name, channel, bytes: bytes === 'follow' ? undefined : bytes };
}

function bytesOf(option: string | undefined): number | 'follow' | 'bad' {
  if (option === undefined) return usualBytes;
  if (option === '-f') return 'follow';
  return /^-[+-]?\d{1,15}$/.test(option) ? Number(option.slice(1)) : 'bad';
}

export const maintail: ControlCommand = {
  name: 'maintail',
  help: [
    'maintail -f \tShow what the supervisor writes to its own log, as it comes (Ctrl-C to exit)',
    "maintail -100\tthe last 100 *bytes* of the supervisor's own log",
    "maintail\tthe last 1600 *bytes* of the supervisor's own log",
    '',
  ],
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const args = words(rest);
    if (args.length > 1) return session.misused('Error: too many arguments', maintail.help);
    const bytes = args[0]?.startsWith('-') === false ? 'bad' : bytesOf(args[0]);
    if (bytes === 'bad') return session.misused(`Error: bad argument ${args[0]}`, []);
    if (bytes === 'follow') await follow(session, '/mainlogtail');
    else await show(session, 'supervisord', () => session.client.call('supervisor.readLog', [-bytes, 0]));
  },
};

async function follow(session: ControlSession, path: string): Promise<void> {
  session.say('==> Press Ctrl-C to exit <==');
  const interrupted = await session.terminal.untilInterrupt((signal) => followLog(session, path, signal));
  if (interrupted) session.say('');
}

async function show(session: ControlSession, name: string, read: () => Promise<unknown>): Promise<void> {
  try {
    session.say(String(await read()));
  } catch (error) {
    session.exitWith(exitCodes.generic);
    const why = isFault(error, 'NO_FILE')
      ? 'no log file'
      : isFault(error, 'FAILED')
        ? 'unknown error reading log'
        : isFault(error, 'BAD_NAME')
          ? 'no such process name'
          : undefined;
    if (why === undefined) throw error;
    session.say(`${name}: ERROR (${why})`);
  }
}

export const clear: ControlCommand = {
  name: 'clear',
  help: [
    'clear <name>\t\tEmpty the logs of a process.',
    'clear <name> <name>\tEmpty the logs of several processes.',
    'clear all\t\tEmpty the logs of all processes',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const names = words(rest);
    if (names.length === 0) return session.misused('Error: clear requires a process name', clear.help);
    const tell = (outcome: ProcessOutcome) => {
      session.say(clearLine(outcome));
      session.exitWith(exitCodeOf(outcome.status));
    };
    if (names.includes('all')) {
      const outcomes = await session.client.call('supervisor.clearAllProcessLogs');
      for (const outcome of outcomes as ProcessOutcome[]) tell(outcome);
    } else for (const name of names) tell(await clearOne(session, name));
  },
};

async function clearOne(session: ControlSession, name: string): Promise<ProcessOutcome> {
  try {
    await session.client.call('supervisor.clearProcessLogs', [name]);
    return succeeded(name);
  } catch (error) {
    if (error instanceof SupervisorFault) return refused(name, error);
    throw error;
  }
}
