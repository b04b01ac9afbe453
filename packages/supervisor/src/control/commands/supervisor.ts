import { isFault } from '../../xml-rpc/client.ts';
import type { ControlCommand } from '../command.ts';
import { exitCodes } from '../lines.ts';
import { type ControlSession, connectionError } from '../session.ts';

/** A person is asked first; a script means what it says. */
async function isMeant(session: ControlSession, question: string): Promise<boolean> {
  if (!session.interactive) return true;
  return ((await session.terminal.ask(question)) ?? '').toLowerCase().startsWith('y');
}

export const shutdown: ControlCommand = {
  name: 'shutdown',
  help: ['shutdown \tStop all processes and end the supervisor'],
  async run(session, rest) {
    if (rest !== '') return session.misused('Error: shutdown accepts no arguments', shutdown.help);
    if (!(await isMeant(session, 'Really shut the remote supervisord process down y/N? '))) return;
    const { serverUrl } = session.target;
    try {
      await session.client.shutdown();
      session.say('Shut down');
    } catch (error) {
      if (isFault(error, 'SHUTDOWN_STATE')) {
        session.say('ERROR: already shutting down');
        return;
      }
      session.exitWith(exitCodes.generic);
      if (connectionError(error) === 'ECONNREFUSED')
        session.say(`ERROR: ${serverUrl} refused connection (already shut down?)`);
      else if (connectionError(error) === 'ENOENT')
        session.say(`ERROR: ${serverUrl} no such file (already shut down?)`);
      else throw error;
    }
  },
};

export const reload: ControlCommand = {
  name: 'reload',
  help: ['reload \t\tStop all processes and begin anew'],
  async run(session, rest) {
    if (rest !== '') return session.misused('Error: reload accepts no arguments', reload.help);
    if (!(await isMeant(session, 'Really restart the remote supervisord process y/N? '))) return;
    try {
      await session.client.call('supervisor.restart');
      session.say('Restarted supervisord');
    } catch (error) {
      session.exitWith(exitCodes.generic);
      if (!isFault(error, 'SHUTDOWN_STATE')) throw error;
      session.say('ERROR: already shutting down');
    }
  },
};

const leave = async (session: ControlSession) => {
  session.say('');
  return 'quit' as const;
};

export const quit: ControlCommand = { name: 'quit', help: ['quit\tLeave the prompt.'], run: leave };
export const exit: ControlCommand = { name: 'exit', help: ['exit\tLeave the prompt.'], run: leave };
