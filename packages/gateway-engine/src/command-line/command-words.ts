import { UsageError } from '@gateway-engine/host';
import { type Command, CommanderError } from 'commander';

/** Runs a command of words; help is printed and is no failure. Throws UsageError. */
export async function runWords(command: Command, args: readonly string[]): Promise<void> {
  const name = command.name();
  const prepare = (each: Command): void => {
    each
      .exitOverride()
      .configureOutput({ outputError: () => {}, writeErr: () => {} })
      .helpOption('-h, --help', 'show this help');
    each.commands.forEach(prepare);
  };
  prepare(command);
  try {
    await command.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const words = command.commands.map((each) => each.name()).join(', ');
    const message =
      error.code === 'commander.help' ? `say what: ${words}` : error.message.replace(/^error: /, '');
    throw new UsageError(`${message}; see ${name} --help`);
  }
}
