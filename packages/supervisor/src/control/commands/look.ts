import { splitName } from '../../rpc/split-name.ts';
import { stoppedStates } from '../../states.ts';
import { isFault, type ProcessInfo } from '../../xml-rpc/client.ts';
import { type ControlCommand, words } from '../command.ts';
import { availableLine, exitCodes, statusLines } from '../lines.ts';
import type { ControlSession } from '../session.ts';

export const status: ControlCommand = {
  name: 'status',
  help: [
    'status <name>\t\tShow the state of one process',
    'status <gname>:*\tShow the states of all processes of a group',
    'status <name> <name>\tShow the states of several processes',
    'status\t\t\tShow the states of all processes',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) {
      session.exitWith(exitCodes.statusUnknown);
      return;
    }
    const all = await session.client.getAllProcessInfo();
    const names = words(rest);
    const chosen = names.length === 0 || names.includes('all') ? all : choose(session, all, names);
    for (const line of statusLines(chosen)) session.say(line);
    if (chosen.some((info) => (stoppedStates as string[]).includes(info.statename)))
      session.exitWith(exitCodes.statusNotRunning);
  },
};

function choose(session: ControlSession, all: readonly ProcessInfo[], names: readonly string[]) {
  return names.flatMap((fullName) => {
    const { group, name } = splitName(fullName);
    const found = all.filter((info) => info.group === group && (name === undefined || info.name === name));
    if (found.length === 0) {
      session.say(
        name === undefined ? `${group}: ERROR (no such group)` : `${fullName}: ERROR (no such process)`,
      );
      session.exitWith(exitCodes.statusUnknown);
    }
    return found;
  });
}

export const pid: ControlCommand = {
  name: 'pid',
  help: [
    'pid\t\t\tShow the process id of the supervisor',
    'pid <name>\t\tShow the process id of one process',
    'pid all\t\t\tShow the process ids of all processes, one on each line',
  ],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const names = words(rest);
    if (names.length === 0) session.say(String(await session.client.call('supervisor.getPID')));
    else if (names.includes('all'))
      for (const info of await session.client.getAllProcessInfo()) session.say(String(info.pid));
    else for (const name of names) await showPid(session, name);
  },
};

async function showPid(session: ControlSession, name: string): Promise<void> {
  try {
    const info = await session.client.getProcessInfo(name);
    session.say(String(info.pid));
    if (info.pid === 0) session.exitWith(exitCodes.notRunning);
  } catch (error) {
    session.exitWith(exitCodes.generic);
    if (!isFault(error, 'BAD_NAME')) throw error;
    session.say(`No such process ${name}`);
  }
}

export const avail: ControlCommand = {
  name: 'avail',
  help: ['avail\t\t\tShow all processes that are configured'],
  async run(session, rest) {
    if (rest !== '') return session.misused('Error: avail accepts no arguments', avail.help);
    try {
      const configs = await session.client.call('supervisor.getAllConfigInfo');
      for (const config of configs as Parameters<typeof availableLine>[0][])
        session.say(availableLine(config));
    } catch (error) {
      session.exitWith(exitCodes.generic);
      if (!isFault(error, 'SHUTDOWN_STATE')) throw error;
      session.say('ERROR: supervisor shutting down');
    }
  },
};

export const version: ControlCommand = {
  name: 'version',
  help: ['version\t\t\tShow the version of the supervisor that answers'],
  async run(session, rest) {
    if (rest !== '') return session.misused('Error: version accepts no arguments', version.help);
    if (await session.isUp()) session.say(await session.client.getSupervisorVersion());
  },
};

export const open: ControlCommand = {
  name: 'open',
  help: [
    'open <url>\tSpeak to another supervisor from now on,',
    '\t\tat http://HOST:PORT or unix:///PATH/OF/SOCKET',
  ],
  async run(session, rest) {
    if (!/^(unix|http):/i.test(rest)) {
      session.say('ERROR: url must be http:// or unix://');
      session.exitWith(exitCodes.generic);
      return;
    }
    session.turnTo({ serverUrl: rest });
    const before = session.exitCode;
    await status.run(session, '');
    session.exitCode = before;
  },
};
