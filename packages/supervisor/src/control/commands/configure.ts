import { type ConfigChanges, isFault } from '../../xml-rpc/client.ts';
import { faults } from '../../xml-rpc/faults.ts';
import { type ControlCommand, words } from '../command.ts';
import { exitCodes } from '../lines.ts';
import type { ControlSession } from '../session.ts';

export const reread: ControlCommand = {
  name: 'reread',
  help: ['reread \t\t\tRead the configuration again, and change nothing yet'],
  async run(session, rest) {
    if (rest !== '') return session.misused('Error: reread accepts no arguments', reread.help);
    try {
      showChanges(session, await session.client.reloadConfig());
    } catch (error) {
      session.exitWith(exitCodes.generic);
      if (isFault(error, 'SHUTDOWN_STATE')) session.say('ERROR: supervisor shutting down');
      else if (isFault(error, 'CANT_REREAD')) session.say(`ERROR: ${error.faultString}`);
      else throw error;
    }
  },
};

function showChanges(session: ControlSession, changes: ConfigChanges): void {
  const lines = [
    ...changes.added.map((name) => `${name}: available`),
    ...changes.changed.map((name) => `${name}: changed`),
    ...changes.removed.map((name) => `${name}: disappeared`),
  ];
  for (const line of lines.sort()) session.say(line);
  if (lines.length === 0) session.say('No config updates to processes');
}

export const add: ControlCommand = {
  name: 'add',
  help: ['add <name> [...]\tMake configured processes or groups active'],
  completes: 'groups',
  async run(session, rest) {
    for (const name of words(rest)) {
      try {
        await session.client.addProcessGroup(name);
        session.say(`${name}: added process group`);
      } catch (error) {
        if (isFault(error, 'ALREADY_ADDED')) session.say('ERROR: process group already active');
        else {
          session.exitWith(exitCodes.generic);
          if (isFault(error, 'SHUTDOWN_STATE')) session.say('ERROR: shutting down');
          else if (isFault(error, 'BAD_NAME')) session.say(`ERROR: no such process/group: ${name}`);
          else throw error;
        }
      }
    }
  },
};

export const remove: ControlCommand = {
  name: 'remove',
  help: ['remove <name> [...]\tTake stopped processes or groups out'],
  completes: 'groups',
  async run(session, rest) {
    for (const name of words(rest)) {
      try {
        await session.client.removeProcessGroup(name);
        session.say(`${name}: removed process group`);
      } catch (error) {
        session.exitWith(exitCodes.generic);
        if (isFault(error, 'STILL_RUNNING')) session.say(`ERROR: process/group still running: ${name}`);
        else if (isFault(error, 'BAD_NAME')) session.say(`ERROR: no such process/group: ${name}`);
        else throw error;
      }
    }
  },
};

export const update: ControlCommand = {
  name: 'update',
  help: [
    'update\t\t\tRead the configuration again and follow it: add, remove, and restart what has changed',
    'update all\t\tThe same',
    'update <gname> [...]\tThe same for these groups only',
  ],
  completes: 'groups',
  async run(session, rest) {
    let changes: ConfigChanges;
    try {
      changes = await session.client.reloadConfig();
    } catch (error) {
      session.exitWith(exitCodes.generic);
      if (!isFault(error, 'SHUTDOWN_STATE')) throw error;
      session.say('ERROR: already shutting down');
      return;
    }
    const names = new Set(words(rest));
    const wanted = names.size === 0 || names.has('all') ? undefined : names;
    if (wanted) await checkGroups(session, wanted, changes.added);
    const isWanted = (name: string) => wanted?.has(name) ?? true;
    for (const name of changes.removed.filter(isWanted)) await takeOut(session, name);
    for (const name of changes.changed.filter(isWanted)) await replace(session, name);
    for (const name of changes.added.filter(isWanted)) {
      await session.client.addProcessGroup(name);
      session.say(`${name}: added process group`);
    }
  },
};

async function checkGroups(session: ControlSession, wanted: ReadonlySet<string>, added: readonly string[]) {
  const groups = new Set([...(await session.client.getAllProcessInfo()).map((info) => info.group), ...added]);
  for (const name of [...wanted].filter((candidate) => !groups.has(candidate))) {
    session.say(`ERROR: no such group: ${name}`);
    session.exitWith(exitCodes.generic);
  }
}

async function takeOut(session: ControlSession, name: string): Promise<void> {
  const outcomes = await session.client.stopProcessGroup(name);
  session.say(`${name}: stopped`);
  if (outcomes.some((outcome) => outcome.status === faults.FAILED)) {
    session.say(`${name}: has problems; not removing`);
    session.exitWith(exitCodes.generic);
    return;
  }
  await session.client.removeProcessGroup(name);
  session.say(`${name}: removed process group`);
}

async function replace(session: ControlSession, name: string): Promise<void> {
  await session.client.stopProcessGroup(name);
  session.say(`${name}: stopped`);
  await session.client.removeProcessGroup(name);
  await session.client.addProcessGroup(name);
  session.say(`${name}: updated process group`);
}
