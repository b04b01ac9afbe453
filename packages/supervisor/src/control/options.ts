import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeError, gatewayHome, parseIni, UsageError } from '@gateway-engine/host';
import { dress, withExamples, withExitCodes, wrongUsage } from '@gateway-engine/host/command-line';
import { Command, CommanderError, Option } from 'commander';
import { expand } from '../config/expansion.ts';
import { parseSupervisorUrl } from '../xml-rpc/http-call.ts';
import type { ControlTarget } from './session.ts';

export interface ControlOptions extends ControlTarget {
  readonly prompt: string;
  readonly historyFile: string | undefined;
  readonly interactive: boolean;
  /** The command to perform; empty for the prompt. */
  readonly action: string;
}

/** Wrong options or configuration of the control command; exits like Supervisor's. */
export class ControlUsageError extends UsageError {
  readonly exitCode = 2;
}

interface Flags {
  configuration?: string;
  serverurl?: string;
  username?: string;
  password?: string;
  historyFile?: string;
  history_file?: string;
  interactive?: boolean;
}

/** What the command line and the [supervisorctl] section say; the command line wins. Undefined when help was asked for. */
export function readOptions(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): ControlOptions | undefined {
  const command = supervisorctlProgram();
  dress(command, process.stdout);
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new ControlUsageError(wrongUsage(command, error));
  }
  const flags = command.opts<Flags>();
  const section = readSection(flags.configuration, environment);
  const serverUrl = flags.serverurl ?? section?.serverUrl ?? homeSocket(environment);
  checkUrl(serverUrl);
  return {
    serverUrl,
    username: flags.username ?? section?.username,
    password: flags.password ?? section?.password,
    prompt: section?.prompt ?? 'supervisor',
    historyFile: flags.historyFile ?? flags.history_file ?? section?.historyFile,
    interactive: flags.interactive === true || command.args.length === 0,
    action: command.args.join(' '),
  };
}

/** What `gwe-supervisorctl` takes. */
export function supervisorctlProgram(): Command {
  const command = new Command('gwe-supervisorctl')
    .description(
      `Controls the programs of a supervisor: the embedded one, or a real supervisord. Without an action it asks for
them at a prompt; the action "help" tells what there are.`,
    )
    .argument('[action...]', 'such as status, or start NAME')
    .option('-c, --configuration <file>', 'configuration file with a [supervisorctl] section')
    .option('-i, --interactive', 'ask before the supervisor is shut down or restarted')
    .option('-s, --serverurl <url>', "the supervisor's address: unix:///PATH or http://HOST:PORT")
    .option('-u, --username <name>', 'user name for the supervisor')
    .option('-p, --password <password>', 'password for the supervisor')
    .option('-r, --history-file <file>', 'file in which the lines typed at the prompt are kept')
    .addOption(new Option('--history_file <file>', 'the same').hideHelp())
    .passThroughOptions()
    .exitOverride();
  withExamples(command, [
    ['gwe-supervisorctl status', 'what runs'],
    ['gwe-supervisorctl restart load-reporter'],
    ['gwe-supervisorctl tail -f load-reporter stderr', 'its output, as it comes'],
    ['gwe-supervisorctl help', 'all actions'],
  ]);
  // As Supervisor's own control command has them (those of LSB init scripts).
  return withExitCodes(
    command,
    [0, 'done, or nothing to do; always after the prompt'],
    [1, 'refused, or an unknown name'],
    [2, 'wrong options or configuration; start without a name, or of an unknown group'],
    [3, 'status: a program is stopped; others: the supervisor has no such call'],
    [4, 'status: no such program, or no supervisor; others: nobody listens at the address'],
    [5, 'the supervisor speaks another version of the protocol'],
    [7, 'a start failed, or there is no such socket'],
    [130, 'interrupted'],
  );
}

function homeSocket(environment: NodeJS.ProcessEnv): string {
  return `unix://${join(gatewayHome(environment), 'run', 'supervisor.sock')}`;
}

function checkUrl(url: string): void {
  try {
    parseSupervisorUrl(url);
  } catch (error) {
    throw new ControlUsageError(describeError(error), { cause: error });
  }
}

interface Section {
  readonly serverUrl: string;
  readonly prompt: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly historyFile: string | undefined;
}

/** The section of the file that was named, or of the first usual one that has it. */
function readSection(named: string | undefined, environment: NodeJS.ProcessEnv): Section | undefined {
  if (named !== undefined) {
    const section = sectionOf(named, environment);
    if (!section)
      throw new ControlUsageError(`${named} has no [supervisorctl] section; add one, or use -s URL`);
    return section;
  }
  const usual = [
    join(gatewayHome(environment), 'etc', 'supervisord.conf'),
    ...['supervisord.conf', 'etc/supervisord.conf'],
    ...['/etc/supervisord.conf', '/etc/supervisor/supervisord.conf'],
  ];
  for (const file of usual) {
    const section = existsSync(file) ? sectionOf(file, environment) : undefined;
    if (section) return section;
  }
  return undefined;
}

function sectionOf(file: string, environment: NodeJS.ProcessEnv): Section | undefined {
  const options = parseFile(file).get('supervisorctl');
  if (!options) return undefined;
  const known: Record<string, string> = { here: dirname(resolve(file)) };
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined) known[`ENV_${name}`] = value;
  const text = (name: string) => {
    const option = options.get(name);
    if (!option) return undefined;
    try {
      return expand(option.value, known);
    } catch (cause) {
      throw new ControlUsageError(`${file}, line ${option.line}: [supervisorctl] ${name}`, { cause });
    }
  };
  const serverUrl = text('serverurl') ?? 'http://localhost:9001';
  const historyFile = text('history_file');
  return {
    serverUrl: serverUrl.startsWith('unix://') ? `unix://${absolute(serverUrl.slice(7))}` : serverUrl,
    prompt: text('prompt'),
    username: text('username'),
    password: text('password'),
    historyFile: historyFile ? absolute(historyFile) : undefined,
  };
}

function parseFile(file: string): ReturnType<typeof parseIni> {
  try {
    return parseIni(readFileSync(file, 'utf8'), { file, inlineComments: [';', '#'] });
  } catch (cause) {
    throw new ControlUsageError(`cannot read the configuration file ${file}`, { cause });
  }
}

function absolute(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(path);
}
