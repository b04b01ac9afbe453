import type { Account } from './account.ts';
import { furtherGroups, parseAccount } from './account.ts';
import { ValueError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import type { Expansions } from './expansion.ts';
import { type Section, SectionReader } from './sections.ts';
import {
  type AutoRestart,
  absolutePath,
  parseAutoRestart,
  parseBoolean,
  parseByteSize,
  parseCount,
  parseExitCodes,
  parseFilePath,
  parseInteger,
  parseName,
  parseOctal,
  parseSignal,
} from './values.ts';

export type LogTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** A file of its own in childlogdir, removed at the next start of the supervisor. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' };

export interface LogConfig {
  readonly target: LogTarget;
  /** The file is set aside when it is as long as this; 0: never. */
  readonly maxBytes: number;
  /** How many files set aside are kept, as FILE.1 to FILE.N. */
  readonly backups: number;
}

/** One program to keep running: plain data, comparable with isDeepStrictEqual. */
export interface ProcessConfig {
  readonly name: string;
  readonly group: string;
  readonly command: string;
  readonly directory: string | undefined;
  readonly umask: number | undefined;
  readonly priority: number;
  readonly autostart: boolean;
  readonly autorestart: AutoRestart;
  readonly startSeconds: number;
  readonly startRetries: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWaitSeconds: number;
  readonly stopAsGroup: boolean;
  readonly killAsGroup: boolean;
  readonly exitCodes: readonly number[];
  readonly user: Account | undefined;
  readonly redirectStderr: boolean;
  readonly stdout: LogConfig;
  readonly stderr: LogConfig;
  readonly environment: Readonly<Record<string, string>>;
  readonly serverUrl: string | undefined;
}

const channelOptions = ['logfile', 'logfile_maxbytes', 'logfile_backups'];
const passiveChannelOptions = ['capture_maxbytes', 'events_enabled', 'syslog'];

export const programOptions: readonly string[] = [
  ...['command', 'process_name', 'numprocs', 'numprocs_start', 'priority', 'autostart', 'startsecs'],
  ...['startretries', 'autorestart', 'exitcodes', 'stopsignal', 'stopwaitsecs', 'stopasgroup', 'killasgroup'],
  ...['user', 'redirect_stderr', 'environment', 'directory', 'umask', 'serverurl'],
  ...['stdout', 'stderr'].flatMap((channel) =>
    [...channelOptions, ...passiveChannelOptions].map((option) => `${channel}_${option}`),
  ),
];

/** Reads a [program:x] section. `environment` is that of the [supervisord] section. */
export function readProgram(
  section: Section,
  programName: string,
  group: string,
  environment: Readonly<Record<string, string>>,
  expansions: Expansions,
  warnings: string[],
): ProcessConfig {
  const options = new SectionReader(section, programOptions, {
    ...expansions,
    program_name: programName,
    group_name: group,
  });
  const processNumber = options.read('numprocs_start', parseInteger, 0);
  const count = options.read('numprocs', parseInteger, 1);
  if (count !== 1)
    throw options.problem(
      'numprocs',
      `${count} is not supported, only 1; write one [program:NAME] section for each process`,
    );
  options.addExpansions({ process_num: processNumber, numprocs: count });
  const own = options.read('environment', parseEnvironment, {});
  options.addExpansions(
    Object.fromEntries(Object.entries(own).map(([name, value]) => [`ENV_${name}`, value])),
  );

  const command = options.text('command');
  if (command === undefined)
    throw options.problem('command', 'is missing; write command = PROGRAM ARGUMENT...');
  const stopAsGroup = options.read('stopasgroup', parseBoolean, false);
  const killAsGroup = options.read('killasgroup', parseBoolean, stopAsGroup);
  if (stopAsGroup && !killAsGroup)
    throw options.problem('killasgroup', 'Cannot set stopasgroup=true and killasgroup=false');
  const redirectStderr = options.read('redirect_stderr', parseBoolean, false);
  const stderr = readLog(options, 'stderr', section.name, warnings);
  if (redirectStderr && stderr.target.kind === 'file')
    warnings.push(
      `For [${section.name}], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored`,
    );
  const user = options.read('user', parseAccount, undefined);
  warnAboutGroups(user, section.name, warnings);
  return {
    name: options.read('process_name', parseName, programName),
    group,
    command,
    directory: options.read('directory', absolutePath, undefined),
    umask: options.read('umask', parseOctal, undefined),
    priority: options.read('priority', parseInteger, 999),
    autostart: options.read('autostart', parseBoolean, true),
    autorestart: options.read('autorestart', parseAutoRestart, 'unexpected'),
    startSeconds: options.read('startsecs', parseCount, 1),
    startRetries: options.read('startretries', parseCount, 3),
    stopSignal: options.read('stopsignal', parseSignal, 'SIGTERM'),
    stopWaitSeconds: options.read('stopwaitsecs', parseCount, 10),
    stopAsGroup,
    killAsGroup,
    exitCodes: options.read('exitcodes', parseExitCodes, [0]),
    user,
    redirectStderr,
    stdout: readLog(options, 'stdout', section.name, warnings),
    stderr: redirectStderr ? { ...stderr, target: { kind: 'none' } } : stderr,
    environment: { ...environment, ...own },
    serverUrl: options.read('serverurl', parseServerUrl, undefined),
  };
}

/** Node.js can set user and group of a child, but not its further groups. */
function warnAboutGroups(user: Account | undefined, section: string, warnings: string[]): void {
  if (!user || user.uid === process.getuid?.()) return;
  const groups = furtherGroups(user);
  if (groups.length > 0)
    warnings.push(
      `For [${section}], user=${user.name}: the program runs without the further groups of that user (${groups.join(', ')})`,
    );
}

function readLog(
  options: SectionReader,
  channel: 'stdout' | 'stderr',
  section: string,
  warnings: string[],
): LogConfig {
  if (options.read(`${channel}_syslog`, parseBoolean, false))
    throw options.problem(`${channel}_syslog`, 'syslog is not supported; name a log file instead');
  // Without event listeners these change nothing that can be seen; they are still checked.
  options.read(`${channel}_capture_maxbytes`, parseByteSize, 0);
  options.read(`${channel}_events_enabled`, parseBoolean, false);
  const target = options.read(`${channel}_logfile`, parseLogTarget, { kind: 'auto' } as const);
  const maxBytes = options.read(`${channel}_logfile_maxbytes`, parseByteSize, 50 * 1024 ** 2);
  if (target.kind === 'auto' && maxBytes === 0)
    warnings.push(
      `For [${section}], AUTO logging used for ${channel}_logfile without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally`,
    );
  return { target, maxBytes, backups: options.read(`${channel}_logfile_backups`, parseCount, 10) };
}

export function parseLogTarget(text: string): LogTarget {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'off') return { kind: 'none' };
  if (word === 'auto') return { kind: 'auto' };
  if (word === 'syslog') throw new ValueError('syslog is not supported; name a log file, AUTO or NONE');
  return { kind: 'file', path: parseFilePath(text) };
}

function parseServerUrl(text: string): string | undefined {
  if (text.trim().toUpperCase() === 'AUTO') return undefined;
  if (!/^(unix|http):\/\/./.test(text))
    throw new ValueError(`"${text}" is not AUTO, unix://PATH or http://HOST:PORT`);
  return text;
}
