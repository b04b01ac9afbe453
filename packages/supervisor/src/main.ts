import { runCommand, systemClock, UsageError } from '@gateway-engine/host';
import { Command, CommanderError } from 'commander';
import { runDaemon } from './daemon.ts';
import { ownVersion } from './version.ts';

await runCommand('gwe-supervisord', async () => {
  const command = new Command('gwe-supervisord')
    .description(
      'Starts programs, watches them, restarts them and keeps their logs. Behaves like supervisord.',
    )
    .requiredOption('-c, --configuration <file>', 'configuration file, as of supervisord')
    .option('-n, --nodaemon', 'run in the foreground (there is no other way yet)')
    .version(ownVersion, '-v, --version', 'print the version and exit')
    .helpOption('-h, --help', 'print this and exit')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  try {
    command.parse();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    throw new UsageError(`${error.message.replace(/^error: /, '')}; see gwe-supervisord --help`);
  }
  await runDaemon(command.opts<{ configuration: string }>().configuration, {
    clock: systemClock,
    environment: process.env,
  });
});
