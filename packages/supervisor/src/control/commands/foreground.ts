import { faults, SupervisorFault } from '../../xml-rpc/faults.ts';
import { type ControlCommand, words } from '../command.ts';
import { followLog } from '../follow-log.ts';
import type { ControlSession } from '../session.ts';
import { Interrupted } from '../terminal.ts';

export const fg: ControlCommand = {
  name: 'fg',
  help: ['fg <process>\tSee what a process writes, and write to it', '\t\tCtrl-C to exit'],
  completes: 'programs',
  async run(session, rest) {
    if (!(await session.isUp())) return;
    const [name, ...more] = words(rest);
    if (name === undefined) return session.misused('ERROR: no process name supplied', fg.help);
    if (more.length > 0) return session.misused('ERROR: too many process names supplied', []);
    if (await isRunning(session, name)) await attach(session, name);
  },
};

async function isRunning(session: ControlSession, name: string): Promise<boolean> {
  try {
    if ((await session.client.getProcessInfo(name)).statename === 'RUNNING') return true;
    session.misused('ERROR: process not running', []);
  } catch (error) {
    if (!(error instanceof SupervisorFault)) throw error;
    if (error.faultCode === faults.BAD_NAME) session.misused('ERROR: bad process name supplied', []);
    else session.say(`ERROR: ${error.faultString}`);
  }
  return false;
}

/** Passes lines from here to the program, and its output to here, until Ctrl-C, the end of input or of the program. */
async function attach(session: ControlSession, name: string): Promise<void> {
  session.say('==> Press Ctrl-C to exit <==');
  const over = new AbortController();
  const outputs = ['stdout', 'stderr'].map((channel) =>
    followLog(session, `/logtail/${name}/${channel}`, over.signal),
  );
  try {
    await passLines(session, name);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    over.abort();
    await Promise.all(outputs);
  }
  session.say('Exiting foreground');
}

async function passLines(session: ControlSession, name: string): Promise<void> {
  for (;;) {
    const line = await session.terminal.ask('');
    if (line === undefined) return;
    try {
      await session.client.call('supervisor.sendProcessStdin', [name, `${line}\n`]);
    } catch (error) {
      if (!(error instanceof SupervisorFault)) throw error;
      session.say(
        error.faultCode === faults.NOT_RUNNING ? 'Process got killed' : `ERROR: ${error.faultString}`,
      );
      return;
    }
    if ((await session.client.getProcessInfo(name)).statename !== 'RUNNING') {
      session.say('Process got killed');
      return;
    }
  }
}
