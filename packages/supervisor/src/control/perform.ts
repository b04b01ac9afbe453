import { describeError } from '@gateway-engine/host';
import { SupervisorUnreachable } from '../xml-rpc/http-call.ts';
import type { ControlCommand } from './command.ts';
import { allCommands } from './commands/all.ts';
import { exitCodes } from './lines.ts';
import type { ControlSession } from './session.ts';
import { Interrupted } from './terminal.ts';
import { topicLines } from './topics.ts';

/** A line's command and what follows it; undefined for an empty line, no name for what cannot be a command. */
export function parseLine(line: string): { name: string; rest: string } | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  const asked = text.startsWith('?') ? `help ${text.slice(1)}` : text;
  const name = /^\w*/.exec(asked)?.[0] ?? '';
  return { name, rest: asked.slice(name.length).trim() };
}

/** Does what a line says. Failures are printed and noted in the exit code; only an interrupt is thrown. */
export async function perform(session: ControlSession, line: string): Promise<'quit' | undefined> {
  const parsed = parseLine(line);
  if (!parsed) return undefined;
  const command = allCommands.find((candidate) => candidate.name === parsed.name) ?? inner(parsed.name);
  if (!command) {
    session.say(`*** Unknown syntax: ${line.trim()}`);
    session.exitWith(exitCodes.generic);
    return undefined;
  }
  try {
    return (await command.run(session, parsed.rest)) ?? undefined;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    if (!(error instanceof SupervisorUnreachable && error.status === 401)) {
      session.say(`error: ${describeError(error)}`);
      session.exitWith(exitCodes.generic);
      return undefined;
    }
    session.say('Server requires authentication');
    if (session.interactive && (await askWho(session))) return await perform(session, line);
    session.exitWith(exitCodes.generic);
    return undefined;
  }
}

/** Commands that `help` does not list. */
function inner(name: string): ControlCommand | undefined {
  return [help, endOfFile].find((command) => command.name === name);
}

const help: ControlCommand = {
  name: 'help',
  help: ['help\t\tShow what commands there are', 'help <action>\tShow how a command is used'],
  completes: 'commands',
  async run(session, topic) {
    const command = topic === 'help' ? help : allCommands.find((candidate) => candidate.name === topic);
    const lines = command?.help ?? [`*** No help on ${topic}`];
    for (const line of topic === '' ? topicLines(allCommands.map(({ name }) => name)) : lines)
      session.say(line);
  },
};

/** What the end of the input is, also when it is typed out. */
const endOfFile: ControlCommand = {
  name: 'EOF',
  help: [],
  async run(session) {
    session.say('');
    return 'quit';
  },
};

/** False when nobody answers. */
async function askWho(session: ControlSession): Promise<boolean> {
  const username = await session.terminal.ask('Username:');
  const password = username === undefined ? undefined : await session.terminal.askHidden('Password:');
  session.say('');
  if (password === undefined) return false;
  session.turnTo({ username, password });
  return true;
}
