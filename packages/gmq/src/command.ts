import { once } from 'node:events';
import { resolve } from 'node:path';
import { createLogger, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { Command, CommanderError } from 'commander';
import { drain } from './drain-command.ts';
import { type ExportOptions, exportQueue } from './export-command.ts';
import { leanMemory } from './lean-memory.ts';
import { loggingCfg, logSettingsFile } from './logging.ts';
import { reread } from './reread-command.ts';
import { startQueue } from './run.ts';
import type { SettingsKind } from './settings/option.ts';
import { countsFromStart, defaultSettingsFile, gmqCfg, readSettings } from './settings.ts';
import { getSettings, printSettings, setSetting } from './settings-command.ts';
import { askStatus, formatStatus } from './status-command.ts';
import { version } from './version.ts';

/** The command `gmq`, for `runCommand` of the host package: the queue itself, or a word to it. Throws UsageError. */
export async function gmq(args: readonly string[]): Promise<void> {
  try {
    await commandLine().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version have been printed; a mistake is told by runCommand.
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
  }
}

function commandLine(): Command {
  const program = new Command('gmq')
    .description('Gateway Message Queue: takes device API calls of local programs, stores and forwards them')
    .version(version, '-v, --version')
    .option('-c, --config <file>', 'configuration file', defaultSettingsFile())
    .option('-g, --cfg-path', 'print the path of the configuration file')
    .option('-l, --log-cfg-path', 'print the path of the logging configuration file, which is beside it')
    .usage('[options] [command]')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const file = () => resolve(program.opts<{ config: string }>().config);

  program.argument('[command]').action(async (unknown: string | undefined) => {
    if (unknown !== undefined) throw new UsageError(`unknown command '${unknown}'; see gmq --help`);
    const { cfgPath, logCfgPath } = program.opts<{ cfgPath?: boolean; logCfgPath?: boolean }>();
    if (cfgPath) process.stdout.write(`${file()}\n`);
    if (logCfgPath) process.stdout.write(`${logSettingsFile(file())}\n`);
    if (!cfgPath && !logCfgPath) await serve(file());
  });

  program
    .command('reread')
    .description('tell the running queue to read its configuration again')
    .action(async () => {
      const remark = await reread(file());
      if (remark !== undefined) process.stderr.write(`gmq: ${remark}\n`);
    });

  program
    .command('status')
    .description('what waits, how much comes and goes, what was set aside, and for whom')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await askStatus(await readSettings(file()));
      const text = json ? JSON.stringify(status) : formatStatus(status, wholeSeconds(systemClock));
      process.stdout.write(`${text}\n`);
    });

  program
    .command('drain')
    .description('have the running queue send all that waits now, and wait until it is gone')
    .option('--timeout <seconds>', 'give up waiting after this time', timeout)
    .option('--json', 'as JSON')
    .action(async ({ timeout: timeoutMs, json }: { timeout?: number; json?: boolean }) => {
      const settings = await readSettings(file());
      const points = await drain(settings, { clock: systemClock, timeoutMs, onProgress: progressLine() });
      process.stdout.write(json ? `${JSON.stringify({ gone: points })}\n` : `${points} points are gone\n`);
    });

  program
    .command('export')
    .description('print all points that wait, a line of JSON each, as POST /batch takes them')
    .option('--dead-letters', 'those that were set aside in place of them')
    .option('--with-keys', 'whole keys, not masked ones')
    .option('--json', 'lines of JSON are what is printed anyhow')
    .action(async ({ deadLetters = false, withKeys = false }: Partial<ExportOptions>) => {
      const { databaseFile } = await readSettings(file());
      await exportQueue(databaseFile, { deadLetters, withKeys }, async (lines) => {
        if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
      });
    });

  addSettingsCommands(program, 'cfg', 'the configuration file', gmqCfg, file);
  addSettingsCommands(program, 'log', 'the logging configuration file', loggingCfg, () =>
    logSettingsFile(file()),
  );
  return program;
}

/** Seconds on the command line, as milliseconds. */
function timeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--timeout is a number of seconds, not ${text}`);
  return seconds * 1000;
}

/** Shows on a terminal how many points are left. */
function progressLine(): (left: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (left) => {
    process.stderr.write(left === 0 ? '\r\x1b[K' : `\r\x1b[K${left} points wait`);
  };
}

function addSettingsCommands(
  program: Command,
  name: string,
  what: string,
  kind: SettingsKind,
  file: () => string,
): void {
  const settings = program
    .command(name)
    .description(`print ${what}`)
    .action(async () => {
      process.stdout.write(await printSettings(kind, file()));
    });
  settings
    .command('get [section] [option]')
    .description('list sections, list the options of a section, or print a value')
    .action(async (section?: string, option?: string) => {
      process.stdout.write(await getSettings(kind, file(), section, option));
    });
  settings
    .command('set <section> <option> <value>')
    .description('change an option; follow with gmq reread, some with a restart')
    .action(async (section: string, option: string, value: string) => {
      await setSetting(kind, file(), section, option, value);
      if (kind === gmqCfg && countsFromStart(section, option.toLowerCase())) {
        process.stderr.write(`gmq: [${section}] ${option} counts from the next start of gmq\n`);
      }
    });
}

async function serve(settingsFile: string): Promise<void> {
  leanMemory();
  const logger = createLogger({ name: 'gmq' });
  const stopping = new Promise<NodeJS.Signals>((settle) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, settle);
  });
  const queue = await startQueue({ settingsFile, clock: systemClock, logger });
  const signal = await stopping;
  logger.info(`gmq stops on ${signal}`);
  await queue.stop();
}
