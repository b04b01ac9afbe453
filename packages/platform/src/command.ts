import { runWords, withCompletion, withExamples, withExitCodes } from '@gateway-engine/host/command-line';
import { Command } from 'commander';
import type { BuiltInPages } from './built-in-pages.ts';
import { addClientCommands } from './cli/commands.ts';
import { addServeCommand } from './serve-command.ts';
import { version } from './version.ts';

/** The command `gwe-platform`, for `runCommand` of the host package. Throws UsageError. */
export async function gwePlatform(args: readonly string[], builtInPages?: BuiltInPages): Promise<void> {
  await runWords(gwePlatformProgram(builtInPages), args);
}

/** What `gwe-platform` takes and does. */
export function gwePlatformProgram(builtInPages?: BuiltInPages): Command {
  const program = new Command('gwe-platform')
    .description("The platform's server, and the operator's commands on it")
    .version(version, '-V, --version', 'print the version');
  withExamples(program, [
    ['gwe-platform serve --data /var/lib/gwe-platform', 'a platform'],
    ['export GWE_PLATFORM_URL=http://127.0.0.1:8080', 'where it is, for the commands below'],
    ['export GWE_PLATFORM_TOKEN=...', 'from admin.json in its data directory'],
    ['gwe-platform product create pump'],
    ['gwe-platform device add pump gw-7', 'which may then activate itself'],
    ['gwe-platform device list pump --json', 'for programs'],
  ]);
  withExitCodes(program);
  addServeCommand(program, builtInPages);
  addClientCommands(program);
  return withCompletion(program);
}
