import { UsageError } from '@gateway-engine/host';
import { Command, CommanderError } from 'commander';
import type { BuiltInPages } from './built-in-pages.ts';
import { addClientCommands } from './cli/commands.ts';
import { addServeCommand } from './serve-command.ts';
import { version } from './version.ts';

/** The command `gwe-platform`, for `runCommand` of the host package. Throws UsageError. */
export async function gwePlatform(args: readonly string[], builtInPages?: BuiltInPages): Promise<void> {
  const program = new Command('gwe-platform')
    .description("The platform's server, and the operator's commands on it")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addServeCommand(program, builtInPages);
  addClientCommands(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version have been printed; a mistake is told by runCommand.
    if (error.code === 'commander.help') process.exitCode = 1;
    else if (error.exitCode !== 0) {
      throw new UsageError(`${error.message.replace(/^error: /, '')}; see gwe-platform --help`);
    }
  }
}
