import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { dress, withExamples, withExitCodes, wrongUsage } from '@gateway-engine/host/command-line';
import { Command, CommanderError, Option } from 'commander';
import { acceptedValues } from './config/options/option.ts';
import { supervisordSection } from './config/options/sections.ts';
import { ownVersion } from './version.ts';

/** What gwe-supervisord was asked to do. */
export interface SupervisordCommand {
  readonly configFile: string;
  /** Options of [supervisord] by name. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** The flags of supervisord, each for an option of [supervisord]; a flag without a value means true. */
export const flags: readonly (readonly [flags: string, option: string])[] = [
  ['-n, --nodaemon', 'nodaemon'],
  ['-s, --silent', 'silent'],
  ['-u, --user <user>', 'user'],
  ['-m, --umask <umask>', 'umask'],
  ['-d, --directory <directory>', 'directory'],
  ['-l, --logfile <file>', 'logfile'],
  ['-y, --logfile_maxbytes <bytes>', 'logfile_maxbytes'],
  ['-z, --logfile_backups <number>', 'logfile_backups'],
  ['-e, --loglevel <level>', 'loglevel'],
  ['-j, --pidfile <file>', 'pidfile'],
  ['-i, --identifier <name>', 'identifier'],
  ['-q, --childlogdir <directory>', 'childlogdir'],
  ['-k, --nocleanup', 'nocleanup'],
  ['-a, --minfds <number>', 'minfds'],
  ['-t, --strip_ansi', 'strip_ansi'],
  ['--minprocs <number>', 'minprocs'],
];

/**
 * Reads the arguments of gwe-supervisord. Undefined when there is nothing left to do (help, version). Throws
 * UsageError. `program` is the path of the command, for where a configuration is looked for.
 */
export function parseCommandLine(args: readonly string[], program: string): SupervisordCommand | undefined {
  const overrides = new Map<string, string>();
  const command = supervisordProgram(overrides);
  dress(command, process.stdout);
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new BadUsage(wrongUsage(command, error));
  }
  const given = command.opts<{ configuration?: string; profile_options?: string }>();
  if (given.profile_options !== undefined)
    throw new BadUsage('--profile_options is of the Python profiler; start Node.js with --cpu-prof instead');
  return { configFile: resolve(given.configuration ?? findConfig(program)), overrides };
}

/** What `gwe-supervisord` takes; options of [supervisord] are put into `overrides`. */
export function supervisordProgram(overrides: Map<string, string> = new Map()): Command {
  const command = new Command('gwe-supervisord')
    .description(
      'Starts programs, watches them, restarts them and keeps their logs. Behaves like supervisord.\n' +
        'Options win over the same options of the [supervisord] section.',
    )
    .option('-c, --configuration <file>', 'configuration file; looked for in the usual places without it')
    .version(ownVersion, '-v, --version', 'print the version')
    .addOption(new Option('--profile_options <list>').hideHelp())
    .allowExcessArguments(false)
    .exitOverride();
  for (const [text, name] of flags) {
    const option = new Option(text, describe(name));
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: string | null) => {
      if (overrides.has(name)) throw new BadUsage(`${option.long} is given twice; give it once`);
      overrides.set(name, value ?? 'true');
    });
  }
  withExamples(command, [
    ['gwe-supervisord -c /opt/gateway-engine/etc/supervisord.conf', 'in the background'],
    ['gwe-supervisord -n -c supervisord.conf', 'in the foreground, with its log on standard output'],
  ]);
  return withExitCodes(
    command,
    [1, 'it could not start: one line on standard error says why'],
    [2, 'the command line or the configuration is wrong; nothing was started'],
  );
}

/** As Supervisor says it by its exit code. */
class BadUsage extends UsageError {
  readonly exitCode = 2;
}

function describe(name: string): string {
  const option = supervisordSection.options.find((candidate) => candidate.name === name);
  if (!option) throw new Error(`a flag for ${name}, which is no option of [supervisord]`);
  const accepted = option.type === 'boolean' ? '' : ` (${acceptedValues[option.type]})`;
  const otherwise =
    option.default === undefined || option.type === 'boolean' ? '' : `; default ${option.default}`;
  return `${option.meaning.replace(/\.$/, '')}${accepted}${otherwise}`;
}

/** Where supervisord looks, in its order. */
export function configPlaces(program: string): string[] {
  const root = dirname(dirname(program));
  return [
    join(root, 'etc', 'supervisord.conf'),
    join(root, 'supervisord.conf'),
    'supervisord.conf',
    'etc/supervisord.conf',
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];
}

function findConfig(program: string): string {
  const places = configPlaces(program);
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new BadUsage(
      `there is no configuration file in the usual places (${places.join(', ')}); name one with -c FILE`,
    );
  return found;
}
