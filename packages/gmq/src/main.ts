import { request } from 'node:http';
import { createLogger, runCommand, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { Command, CommanderError } from 'commander';
import { startQueue } from './run.ts';
import { defaultSettingsFile, readSettings } from './settings.ts';
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
    .action(() => reread(file()));

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
    .description('change an option; follow with gmq reread')
    .action((section: string, option: string, value: string) => setSetting(file(), section, option, value));
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

async function reread(settingsFile: string): Promise<void> {
  // Read here too: a mistake in the file is told to the person who made it.
  const { listen } = await readSettings(settingsFile);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const call = request(
      { host: listen.host, port: listen.port, path: '/reread', method: 'POST', timeout: 5000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
    call.on('error', (cause) =>
      reject(new UsageError(`gmq does not answer on ${listen.host}:${listen.port}`, { cause })),
    );
    call.end();
  });
  if (status !== 204) throw new UsageError(`gmq answered ${status} to the request to read its files again`);
}
