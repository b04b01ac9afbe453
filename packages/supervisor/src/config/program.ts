import type { Account } from './account.ts';
import { parseAccount } from './account.ts';
import { ValueError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import type { Expansions } from './expansion.ts';
import { type ProgramExtras, readExtras } from './extras.ts';
import { type LogConfig, parseLogTarget } from './log-target.ts';
import type { SectionKind } from './options/sections.ts';
import { type Section, SectionReader } from './sections.ts';
import {
  type AutoRestart,
  absolutePath,
  parseAutoRestart,
  parseBoolean,
  parseByteSize,
  parseCount,
  parseExitCodes,
  parseInteger,
  parseName,
  parseOctal,
  parseSignal,
} from './values.ts';

export type { LogConfig, LogTarget } from './log-target.ts';

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
  readonly extras: ProgramExtras;
}

/** What the sections around a program contribute to it. */
export interface ProgramContext {
  /** Of the [supervisord] section. */
  readonly environment: Readonly<Record<string, string>>;
  readonly expansions: Expansions;
  /** Takes things an operator should know that are no errors. */
  readonly warnings: string[];
}

/** Reads a [program:x] or [eventlistener:x] section: one configuration for each of its numprocs processes. */
export function readProgram(
  section: Section,
  kind: SectionKind,
  programName: string,
  group: string,
  context: ProgramContext,
): ProcessConfig[] {
  const options = new SectionReader(section, kind, {
    ...context.expansions,
    program_name: programName,
    group_name: group,
  });
  const first = options.read('numprocs_start', parseInteger, 0);
  const numprocs = options.read('numprocs', parseCount, 1);
  if (numprocs > mostProcesses)
    throw options.problem('numprocs', `${numprocs} is more than ${mostProcesses}, the most there can be`);
  if (numprocs > 1 && !options.source('process_name')?.includes('%(process_num)'))
    throw options.problem(
      'process_name',
      '%(process_num) must be present within process_name when numprocs > 1; write process_name = %(program_name)s_%(process_num)02d',
    );
  const warnings = new Set<string>();
  const processes = Array.from({ length: numprocs }, (_, index) =>
    readProcess(
      options.withExpansions({ process_num: first + index, numprocs }),
      section,
      programName,
      group,
      context.environment,
      warnings,
    ),
  );
  context.warnings.push(...warnings);
  return processes;
}

/** Beyond any machine; a slip of the keyboard would otherwise use up all memory. */
const mostProcesses = 10_000;

function readProcess(
  section: SectionReader,
  { name: sectionName }: Section,
  programName: string,
  group: string,
  environment: Readonly<Record<string, string>>,
  warnings: Set<string>,
): ProcessConfig {
  const own = section.read('environment', parseEnvironment, {});
  const options = section.withExpansions(
    Object.fromEntries(Object.entries(own).map(([name, value]) => [`ENV_${name}`, value])),
  );
  const command = options.readRequired('command', (text) => text);
  const stopAsGroup = options.read('stopasgroup', parseBoolean, false);
  const killAsGroup = options.read('killasgroup', parseBoolean, stopAsGroup);
  if (stopAsGroup && !killAsGroup)
    throw options.problem('killasgroup', 'Cannot set stopasgroup=true and killasgroup=false');
  const redirectStderr = options.read('redirect_stderr', parseBoolean, false);
  const stderr = readLog(options, 'stderr', sectionName, warnings);
  if (redirectStderr && stderr.target.kind === 'file')
    warnings.add(
      `For [${sectionName}], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored`,
    );
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
    user: options.read('user', parseAccount, undefined),
    redirectStderr,
    stdout: readLog(options, 'stdout', sectionName, warnings),
    stderr: redirectStderr ? { ...stderr, target: { kind: 'none' } } : stderr,
    environment: { ...environment, ...own },
    serverUrl: options.read('serverurl', parseServerUrl, undefined),
    extras: readExtras(options),
  };
}

function readLog(
  options: SectionReader,
  channel: 'stdout' | 'stderr',
  section: string,
  warnings: Set<string>,
): LogConfig {
  const target = options.read(`${channel}_logfile`, parseLogTarget, { kind: 'auto' } as const);
  const maxBytes = options.read(`${channel}_logfile_maxbytes`, parseByteSize, 50 * 1024 ** 2);
  if (target === 'syslog')
    warnings.add(
      `For [${section}], ${channel}_logfile=syslog but this is deprecated and will be removed.  Use ${channel}_syslog=true to enable syslog instead.`,
    );
  else if (target.kind === 'auto' && maxBytes === 0)
    warnings.add(
      `For [${section}], AUTO logging used for ${channel}_logfile without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally`,
    );
  return {
    target: target === 'syslog' ? { kind: 'none' } : target,
    maxBytes,
    backups: options.read(`${channel}_logfile_backups`, parseCount, 10),
    syslog: options.read(`${channel}_syslog`, parseBoolean, false) || target === 'syslog',
    captureMaxBytes: options.read(`${channel}_capture_maxbytes`, parseByteSize, 0),
    eventsEnabled: options.read(`${channel}_events_enabled`, parseBoolean, false),
  };
}

function parseServerUrl(text: string): string | undefined {
  if (text.trim().toUpperCase() === 'AUTO') return undefined;
  if (!/^(unix|http):\/\/./.test(text)) throw new ValueError(`"${text}" is no address of a supervisor`);
  return text;
}
