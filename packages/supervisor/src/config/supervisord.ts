import { hostname, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Account, parseAccount } from './account.ts';
import { ConfigError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import type { Expansions } from './expansion.ts';
import { type GroupConfig, readGroups } from './groups.ts';
import { supervisordSection } from './options/sections.ts';
import { readSections, SectionReader, withOverrides } from './sections.ts';
import { readServers, type ServerConfig } from './servers.ts';
import { findCycle, processesOf, unknownDependencies } from './start-order.ts';
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
  readonly logfile: OwnLogTarget | undefined;
  readonly logfileMaxBytes: number;
  readonly logfileBackups: number;
  readonly logLevel: SupervisorLogLevel;
  readonly silent: boolean;
  readonly pidfile: string;
  readonly identifier: string;
  readonly childLogDirectory: string;
  /** Old AUTO logs are removed at start. */
  readonly cleanup: boolean;
  readonly foreground: boolean;
  /** In force in the background only. */
  readonly umask: number;
  /** In force in the background only. */
  readonly directory: string | undefined;
  readonly user: Account | undefined;
  readonly leastFiles: number;
  readonly leastProcesses: number;
  readonly stripAnsi: boolean;
  readonly servers: readonly ServerConfig[];
  /** By priority, then name. */
  readonly groups: readonly GroupConfig[];
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
  /** The files that [include] named and that were read. */
  readonly included: readonly string[];
}

/** A file, or syslog. */
export type OwnLogTarget = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'syslog' };

/** Options of [supervisord] given on the command line instead: they win over the file. */
export type Overrides = ReadonlyMap<string, string>;

/** Reads FILE and the files it includes. Throws ConfigError; nothing is changed on disk. */
export function loadConfig(
  file: string,
  environment: NodeJS.ProcessEnv,
  overrides: Overrides = new Map(),
  isIncluded?: (file: string) => boolean,
): SupervisorConfig {
  const base: Record<string, string> = { host_node_name: hostname() };
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined) base[`ENV_${name}`] = value;
  const path = resolve(file);
  const read = readSections(path, base, isIncluded);
  const warnings = [...read.warnings];
  const section = read.sections.get('supervisord');
  if (!section) throw new ConfigError(`${path}: there is no [supervisord] section; add one, it may be empty`);
  const options = new SectionReader(withOverrides(section, overrides), supervisordSection, {
    ...base,
    here: dirname(path),
  });
  const shared = options.read('environment', parseEnvironment, {});
  const expansions: Expansions = {
    ...base,
    ...Object.fromEntries(Object.entries(shared).map(([name, value]) => [`ENV_${name}`, value])),
    here: dirname(path),
  };
  const groups = readGroups(read.sections, { environment: shared, expansions, warnings });
  checkStartOrder(path, groups, warnings);
  return {
    file: path,
    logfile: options.read('logfile', parseOwnLog, {
      kind: 'file',
      path: resolve('supervisord.log'),
    } as const),
    logfileMaxBytes: options.read('logfile_maxbytes', parseByteSize, 50 * 1024 ** 2),
    logfileBackups: options.read('logfile_backups', parseCount, 10),
    logLevel: options.read('loglevel', oneOf(...supervisorLogLevels), 'info'),
    silent: options.read('silent', parseBoolean, false),
    pidfile: options.read('pidfile', parseFilePath, resolve('supervisord.pid')),
    identifier: options.read('identifier', parseName, 'supervisor'),
    childLogDirectory: options.read('childlogdir', parseExistingDirectory, tmpdir()),
    cleanup: !options.read('nocleanup', parseBoolean, false),
    foreground: options.read('nodaemon', parseBoolean, false),
    umask: options.read('umask', parseOctal, 0o022),
    directory: options.read('directory', parseExistingDirectory, undefined),
    user: options.read('user', parseAccount, undefined),
    leastFiles: options.read('minfds', parseCount, 1024),
    leastProcesses: options.read('minprocs', parseCount, 200),
    stripAnsi: options.read('strip_ansi', parseBoolean, false),
    groups,
    servers: readServers(read.sections, expansions),
    warnings,
    included: read.included,
    notices: read.included.map((extra) => `Included extra file "${extra}" during parsing`),
  };
}

/** A missing program is no error: it may be installed later, and what waits for it says so. */
function checkStartOrder(file: string, groups: readonly GroupConfig[], warnings: string[]): void {
  const processes = processesOf(groups);
  const cycle = findCycle(processes);
  if (cycle)
    throw new ConfigError(
      `${file}: depends_on goes round in a circle: ${cycle.join(' -> ')}; take one of these dependencies out`,
    );
  for (const { name, reference } of unknownDependencies(processes))
    warnings.push(
      `${name} depends on ${reference}, which is not configured: it is not started before that is`,
    );
}

function parseOwnLog(text: string): OwnLogTarget | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'off') return undefined;
  if (word === 'syslog') return { kind: 'syslog' };
  return { kind: 'file', path: parseFilePath(text) };
}
