import { hostname, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseAccount } from './account.ts';
import { ConfigError, ValueError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import type { Expansions } from './expansion.ts';
import { type GroupConfig, readGroups } from './groups.ts';
import { readSections, SectionReader } from './sections.ts';
import { readServers, type ServerConfig } from './servers.ts';
import {
  oneOf,
  parseBoolean,
  parseByteSize,
  parseCount,
  parseExistingDirectory,
  parseFilePath,
  parseName,
  parseOctal,
} from './values.ts';

export const supervisorLogLevels = [
  'critical',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'blather',
] as const;
export type SupervisorLogLevel = (typeof supervisorLogLevels)[number];

export interface SupervisorConfig {
  readonly file: string;
  /** Undefined: standard error only. */
  readonly logfile: string | undefined;
  readonly logfileMaxBytes: number;
  readonly logfileBackups: number;
  readonly logLevel: SupervisorLogLevel;
  readonly silent: boolean;
  readonly pidfile: string;
  readonly identifier: string;
  readonly childLogDirectory: string;
  /** Old AUTO logs are removed at start. */
  readonly cleanup: boolean;
  readonly servers: readonly ServerConfig[];
  /** By priority, then name. */
  readonly groups: readonly GroupConfig[];
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
}

const supervisordOptions = [
  ...['logfile', 'logfile_maxbytes', 'logfile_backups', 'loglevel', 'pidfile', 'umask', 'nodaemon', 'silent'],
  ...['minfds', 'minprocs', 'nocleanup', 'childlogdir', 'user', 'directory', 'strip_ansi', 'environment'],
  ...['identifier'],
];

/** Reads FILE and the files it includes. Throws ConfigError; nothing is changed on disk. */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv): SupervisorConfig {
  const base: Record<string, string> = { host_node_name: hostname() };
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined) base[`ENV_${name}`] = value;
  const path = resolve(file);
  const read = readSections(path, base);
  const warnings = [...read.warnings];
  const section = read.sections.get('supervisord');
  if (!section) throw new ConfigError(`${path}: there is no [supervisord] section; add one, it may be empty`);
  const options = new SectionReader(section, supervisordOptions, { ...base, here: dirname(path) });
  checkWhatIsNotOffered(options);
  const shared = options.read('environment', parseEnvironment, {});
  const expansions: Expansions = {
    ...base,
    ...Object.fromEntries(Object.entries(shared).map(([name, value]) => [`ENV_${name}`, value])),
    here: dirname(path),
  };
  return {
    file: path,
    logfile: options.read('logfile', parseOwnLog, undefined),
    logfileMaxBytes: options.read('logfile_maxbytes', parseByteSize, 50 * 1024 ** 2),
    logfileBackups: options.read('logfile_backups', parseCount, 10),
    logLevel: options.read('loglevel', oneOf(...supervisorLogLevels), 'info'),
    silent: options.read('silent', parseBoolean, false),
    pidfile: options.read('pidfile', parseFilePath, resolve('supervisord.pid')),
    identifier: options.read('identifier', parseName, 'supervisor'),
    childLogDirectory: options.read('childlogdir', parseExistingDirectory, tmpdir()),
    cleanup: !options.read('nocleanup', parseBoolean, false),
    groups: readGroups(read.sections, shared, expansions, warnings),
    servers: readServers(read.sections, expansions),
    warnings,
    notices: read.included.map((extra) => `Included extra file "${extra}" during parsing`),
  };
}

/** Options that Supervisor obeys only as a daemon (umask, directory) are checked and have no effect here either. */
function checkWhatIsNotOffered(options: SectionReader): void {
  options.read('umask', parseOctal, 0o022);
  options.read('directory', parseExistingDirectory, undefined);
  options.read('minfds', parseCount, 1024);
  options.read('minprocs', parseCount, 200);
  options.read('nodaemon', parseBoolean, false);
  if (options.read('strip_ansi', parseBoolean, false))
    throw options.problem('strip_ansi', 'true is not supported; escape codes are kept in the logs');
  const user = options.read('user', parseAccount, undefined);
  if (user && user.uid !== process.getuid?.())
    throw options.problem(
      'user',
      `the supervisor does not change its own user; start it as ${user.name}, or set user in [program:NAME]`,
    );
}

function parseOwnLog(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'off') return undefined;
  if (word === 'syslog') throw new ValueError('syslog is not supported; name a file or leave it out');
  return parseFilePath(text);
}
