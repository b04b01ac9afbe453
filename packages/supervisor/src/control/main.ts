import { join } from 'node:path';
import { gatewayHome, runCommand } from '@gateway-engine/host';
import { Command } from 'commander';
import { type ProcessInfo, SupervisorClient } from '../xml-rpc/client.ts';
import { faults, SupervisorFault } from '../xml-rpc/faults.ts';
import { exitCodeOf, exitCodes, nameOf, refusalLine, statusLines } from './lines.ts';

await runCommand('gwe-supervisorctl', async () => {
  const program = new Command('gwe-supervisorctl')
    .description('Controls the programs of a supervisor: the embedded one, or a real supervisord.')
    .option('-s, --serverurl <url>', 'unix:///PATH or http://HOST:PORT', defaultUrl())
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  const client = () => new SupervisorClient(program.opts<{ serverurl: string }>().serverurl);

  program
    .command('status')
    .description('state, pid and uptime of all programs, or of those named')
    .argument('[name...]')
    .action(async (names: string[]) => showStatus(client(), names));
  for (const [word, act] of [
    ['start', start],
    ['stop', stop],
  ] as const) {
    program
      .command(word)
      .description(`${word} programs; "all" for every one`)
      .argument('<name...>')
      .action(async (names: string[]) => act(client(), await namesOf(client(), names)));
  }
  program
    .command('restart')
    .description('stop and start programs; "all" for every one')
    .argument('<name...>')
    .action(async (names: string[]) => {
      const all = await namesOf(client(), names);
      await stop(client(), all);
      process.exitCode = exitCodes.success;
      await start(client(), all);
    });
  program
    .command('tail')
    .description("the end of a program's log")
    .argument('<name>')
    .option('-b, --bytes <number>', 'how much of it', '1600')
    .action(async (name: string, options: { bytes: string }) => {
      const [text] = await client().tailProcessStdoutLog(name, 0, Number(options.bytes) || 1600);
      say(text);
    });

  try {
    await program.parseAsync();
  } catch (error) {
    // Help and version were printed; anything else is for the person to read.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(code)) throw error;
  }
});

function defaultUrl(): string {
  return `unix://${join(gatewayHome(), 'run', 'supervisor.sock')}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fails(code: number): void {
  if (code !== exitCodes.success) process.exitCode = code;
}

async function namesOf(client: SupervisorClient, names: readonly string[]): Promise<string[]> {
  return names.includes('all') ? (await client.getAllProcessInfo()).map(nameOf) : [...names];
}

async function showStatus(client: SupervisorClient, names: readonly string[]): Promise<void> {
  const all = await client.getAllProcessInfo();
  const wanted = names.length === 0 || names.includes('all') ? all.map(nameOf) : names;
  const infos: ProcessInfo[] = [];
  for (const name of wanted) {
    const found = all.filter(
      (info) => nameOf(info) === name || info.name === name || `${info.group}:*` === name,
    );
    if (found.length === 0) {
      say(refusalLine(name, faults.BAD_NAME, ''));
      fails(exitCodes.statusUnknown);
    }
    infos.push(...found);
  }
  for (const line of statusLines(infos)) say(line);
  if (infos.some((info) => info.statename !== 'RUNNING') && !process.exitCode)
    fails(exitCodes.statusNotRunning);
}

async function start(client: SupervisorClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await tell(name, 'started', faults.ALREADY_STARTED, () => client.startProcess(name));
  }
}

async function stop(client: SupervisorClient, names: readonly string[]): Promise<void> {
  for (const name of names) await tell(name, 'stopped', faults.NOT_RUNNING, () => client.stopProcess(name));
}

async function tell(name: string, done: string, harmless: number, act: () => Promise<void>): Promise<void> {
  try {
    await act();
    say(`${name}: ${done}`);
  } catch (error) {
    if (!(error instanceof SupervisorFault)) throw error;
    say(refusalLine(name, error.faultCode, error.faultString));
    fails(exitCodeOf(error.faultCode, harmless));
  }
}
