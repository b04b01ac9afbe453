import { splitName } from '../../rpc/split-name.ts';
import { isFault, type ProcessOutcome } from '../../xml-rpc/client.ts';
import { type FaultName, SupervisorFault } from '../../xml-rpc/faults.ts';
import { type ControlCommand, words } from '../command.ts';
import { exitCodeOf, exitCodes, refused, signalLine, startLine, succeeded } from '../lines.ts';
import type { ControlSession } from '../session.ts';

/** What is done to programs by their names, to groups, or to all: three methods of the interface, shown alike. */
interface Deed {
  readonly methods: { readonly all: string; readonly group: string; readonly one: string };
  readonly more: readonly unknown[];
  readonly line: (outcome: ProcessOutcome) => string;
  /** A refusal that leaves things as they were asked to be. */
  readonly harmless?: FaultName;
  readonly noSuchGroup: number;
}

const starting: Deed = {
  methods: { all: 'startAllProcesses', group: 'startProcessGroup', one: 'startProcess' },
  more: [],
  line: startLine,
  harmless: 'ALREADY_STARTED',
  noSuchGroup: exitCodes.invalidArguments,
};

const stopping: Deed = {
  methods: { all: 'stopAllProcesses', group: 'stopProcessGroup', one: 'stopProcess' },
  more: [],
  line: (outcome) => signalLine(outcome, 'stopped'),
  harmless: 'NOT_RUNNING',
  noSuchGroup: exitCodes.generic,
};

const signalling = (signal: string): Deed => ({
  methods: { all: 'signalAllProcesses', group: 'signalProcessGroup', one: 'signalProcess' },
  more: [signal],
  line: (outcome) => signalLine(outcome, 'signalled'),
  noSuchGroup: exitCodes.generic,
});

async function doTo(session: ControlSession, names: readonly string[], deed: Deed): Promise<void> {
  const show = (outcome: ProcessOutcome) => {
    session.say(deed.line(outcome));
    session.exitWith(exitCodeOf(outcome.status, deed.harmless));
  };
  const call = (method: string, ...params: unknown[]) =>
    session.client.call(`supervisor.${method}`, [...params, ...deed.more]);
  if (names.includes('all')) {
    for (const outcome of (await call(deed.methods.all)) as ProcessOutcome[]) show(outcome);
    return;
  }
  for (const fullName of names) {
    const { group, name } = splitName(fullName);
    try {
      if (name === undefined)
        for (const outcome of (await call(deed.methods.group, group)) as ProcessOutcome[]) show(outcome);
      else {
        await call(deed.methods.one, fullName);
        show(succeeded(fullName));
      }
    } catch (error) {
      if (!(error instanceof SupervisorFault)) throw error;
      if (name !== undefined) show(refused(fullName, error));
      else {
        session.exitWith(isFault(error, 'BAD_NAME') ? deed.noSuchGroup : exitCodes.generic);
        if (!isFault(error, 'BAD_NAME')) throw error;
        session.say(`${group}: ERROR (no such group)`);
      }
    }
  }
}

const uses = (name: string, does: string) => [
  `${name} <name>\t\t${does} a process`,
  `${name} <gname>:*\t\t${does} all processes of a group`,
  `${name} <name> <name>\t${does} several processes or groups`,
  `${name} all\t\t${does} all processes`,
];

export const start: ControlCommand = {
  name: 'start',
  help: uses('start', 'Start'),
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    if (rest === '')
      session.misused('Error: start requires a process name', start.help, exitCodes.invalidArguments);
    else await doTo(session, words(rest), starting);
  },
};

export const stop: ControlCommand = {
  name: 'stop',
  help: uses('stop', 'Stop'),
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    if (rest === '') session.misused('Error: stop requires a process name', stop.help);
    else await doTo(session, words(rest), stopping);
  },
};

export const restart: ControlCommand = {
  name: 'restart',
  help: [
    'restart <name>\t\tStop and start a process',
    'restart <gname>:*\tStop and start all processes of a group',
    'restart <name> <name>\tStop and start several processes or groups',
    'restart all\t\tStop and start all processes',
    'Note: the configuration is not read again by this; see reread and update.',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    if (rest === '') session.misused('Error: restart requires a process name', restart.help);
    else {
      await stop.run(session, rest);
      await start.run(session, rest);
    }
  },
};

export const signal: ControlCommand = {
  name: 'signal',
  help: [
    'signal <signal name> <name>\t\tSend a signal to a process',
    'signal <signal name> <gname>:*\t\tSend a signal to all processes of a group',
    'signal <signal name> <name> <name>\tSend a signal to several processes or groups',
    'signal <signal name> all\t\tSend a signal to all processes',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const [name = '', ...names] = words(rest);
    if (names.length === 0)
      session.misused('Error: signal requires a signal name and a process name', signal.help);
    else await doTo(session, names, signalling(name));
  },
};
