import { createLogger, runCommand, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { Command, CommanderError } from 'commander';
import { reread } from './reread-command.ts';
import { startQueue } from './run.ts';
import { countsFromStart, defaultSettingsFile, readSettings } from './settings.ts';
import { getSettings, printSettings, setSetting } from './settings-command.ts';
import { formatStatus, readStatus } from './status.ts';
import { version } from './version.ts';

await runCommand('gmq', async () => {
  try {
    await commandLine().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version have been printed; a mistake is told by runCommand.
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
  }
});

function commandLine(): Command {
  const program = new Command('gmq')
    .description('Gateway Message Queue: takes device API calls of local programs, stores and forwards them')
    .version(version, '-v, --version')
    .option('-c, --config <file>', 'configuration file', defaultSettingsFile())
    .option('-g, --cfg-path', 'print the path of the configuration file')
    .usage('[options] [command]')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const file = () => program.opts<{ config: string }>().config;

  program.argument('[command]').action(async (unknown: string | undefined) => {
    if (unknown !== undefined) throw new UsageError(`unknown command '${unknown}'; see gmq --help`);
    if (program.opts<{ cfgPath?: boolean }>().cfgPath) process.stdout.write(`${file()}\n`);
    else await serve(file());
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
    .description('what waits, what was set aside, and for whom')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const status = readStatus((await readSettings(file())).databaseFile);
      const text = json ? JSON.stringify(status) : formatStatus(status, wholeSeconds(systemClock));
      process.stdout.write(`${text}\n`);
    });

  const settings = program
    .command('cfg')
    .description('print the configuration file')
    .action(async () => {
      process.stdout.write(await printSettings(file()));
    });
  settings
    .command('get [section] [option]')
    .description('list sections, list the options of a section, or print a value')
    .action(async (section?: string, option?: string) => {
      process.stdout.write(await getSettings(file(), section, option));
    });
  settings
    .command('set <section> <option> <value>')
    .description('change an option; follow with gmq reread, listen and file with a restart')
    .action(async (section: string, option: string, value: string) => {
      await setSetting(file(), section, option, value);
      if (countsFromStart(section, option.toLowerCase())) {
        process.stderr.write(`gmq: [${section}] ${option} counts from the next start of gmq\n`);
      }
    });
  return program;
}

async function serve(settingsFile: string): Promise<void> {
  const logger = createLogger({ name: 'gmq' });
  const stopping = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const queue = await startQueue({ settingsFile, clock: systemClock, logger });
  const signal = await stopping;
  logger.info(`gmq stops on ${signal}`);
  await queue.stop();
}
