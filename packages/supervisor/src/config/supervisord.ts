import { hostname, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseAccount, parseOwner } from './account.ts';
import { ConfigError, ValueError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import type { Expansions } from './expansion.ts';
import { type ProcessConfig, readProgram } from './program.ts';
import { at, readSections, type Section, SectionReader } from './sections.ts';
import {
  oneOf,
  parseBoolean,
  parseByteSize,
  parseCount,
  parseExistingDirectory,
  parseFilePath,
  parseInteger,
  parseList,
  parseName,
  parseOctal,
} from './values.ts';

export interface GroupConfig {
  readonly name: string;
  readonly priority: number;
  readonly processes: readonly ProcessConfig[];
}

export type ServerConfig = {
  readonly username: string | undefined;
  readonly password: string | undefined;
} & (
  | {
      readonly kind: 'unix';
      readonly path: string;
      readonly mode: number;
      readonly owner: { uid: number; gid: number | undefined } | undefined;
    }
  | { readonly kind: 'inet'; readonly host: string | undefined; readonly port: number }
);

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

function readGroups(
  sections: ReadonlyMap<string, Section>,
  environment: Readonly<Record<string, string>>,
  expansions: Expansions,
  warnings: string[],
): GroupConfig[] {
  const programs = new Map<string, Section>();
  const groups: GroupConfig[] = [];
  for (const section of sections.values()) {
    const program = sectionArgument(section, 'program');
    if (program !== undefined) programs.set(program, section);
  }
  const program = (name: string, section: Section, group: string) =>
    readProgram(section, name, group, environment, expansions, warnings);
  const grouped = new Set<string>();
  for (const section of sections.values()) {
    const name = sectionArgument(section, 'group');
    if (name === undefined) continue;
    const options = new SectionReader(section, ['programs', 'priority'], expansions);
    const processes = options.read('programs', parseList, []).map((member) => {
      const source = programs.get(member);
      if (!source) throw options.problem('programs', `there is no [program:${member}]`);
      grouped.add(member);
      return program(member, source, name);
    });
    if (processes.length === 0) throw options.problem('programs', 'names no program');
    groups.push({
      name,
      priority: options.read('priority', parseInteger, 999),
      processes: byPriority(processes),
    });
  }
  for (const [name, section] of programs) {
    if (grouped.has(name)) continue;
    const config = program(name, section, name);
    if (groups.some((group) => group.name === name))
      throw new ConfigError(`${at(section)}: [program:${name}] has the name of a group; rename one of them`);
    groups.push({ name, priority: config.priority, processes: [config] });
  }
  return byPriority(groups);
}

export function byPriority<T extends { readonly name: string; readonly priority: number }>(
  items: readonly T[],
): T[] {
  return [...items].sort(
    (a, b) => a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** `x` of [kind:x]; refuses sections that are not known or not offered. */
function sectionArgument(section: Section, kind: string): string | undefined {
  const [word = '', ...rest] = section.name.split(':');
  const refuse = (problem: string) => new ConfigError(`${at(section)}: [${section.name}]: ${problem}`);
  if (word === 'eventlistener' || word === 'fcgi-program')
    throw refuse('is not supported by this supervisor; use a real supervisord for it');
  if (word === 'rpcinterface' && section.name !== 'rpcinterface:supervisor')
    throw refuse('extension of the interface in Python; not supported, remove the section');
  const known = ['program', 'group', 'supervisord', 'unix_http_server', 'inet_http_server', 'supervisorctl'];
  if (![...known, 'include', 'rpcinterface', 'ctlplugin'].includes(word))
    throw refuse(`unknown section; known are ${known.join(', ')}, include`);
  if (word !== kind) return undefined;
  try {
    return parseName(rest.join(':'));
  } catch (error) {
    throw error instanceof ValueError ? refuse(error.message) : error;
  }
}

function readServers(sections: ReadonlyMap<string, Section>, expansions: Expansions): ServerConfig[] {
  const servers: ServerConfig[] = [];
  for (const section of sections.values()) {
    const kind = section.name.split(':')[0];
    if (kind === 'unix_http_server') {
      const known = ['file', 'chmod', 'chown', 'username', 'password'];
      const options = new SectionReader(section, known, expansions);
      const path = options.read('file', parseFilePath, undefined);
      if (path === undefined) throw options.problem('file', 'is missing; name the socket');
      servers.push({
        kind: 'unix',
        path,
        mode: options.read('chmod', parseOctal, 0o700),
        owner: options.read('chown', parseOwner, undefined),
        ...credentials(options),
      });
    } else if (kind === 'inet_http_server') {
      const options = new SectionReader(section, ['port', 'username', 'password'], expansions);
      const address = options.read('port', parseAddress, undefined);
      if (!address) throw options.problem('port', 'is missing; write port = 127.0.0.1:9001');
      servers.push({ kind: 'inet', ...address, ...credentials(options) });
    }
  }
  return servers;
}

function credentials(options: SectionReader): { username: string | undefined; password: string | undefined } {
  const username = options.text('username');
  const password = options.text('password');
  if ((username === undefined) !== (password === undefined))
    throw options.problem('username', 'username and password must be given together');
  return { username, password };
}

function parseAddress(text: string): { host: string | undefined; port: number } {
  const match = /^(?:(.*):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65535) throw new ValueError(`"${text}" is not PORT or HOST:PORT`);
  const host = match[1]?.replace(/^\[(.*)\]$/, '$1');
  return { host: host === undefined || host === '' || host === '*' ? undefined : host, port };
}

function parseOwnLog(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'off') return undefined;
  if (word === 'syslog') throw new ValueError('syslog is not supported; name a file or leave it out');
  return parseFilePath(text);
}
