import { type Command, CommanderError } from 'commander';
import { UsageError } from '../command-line.ts';
import { dress, type OutputStream } from './look.ts';
import { wrongUsage } from './wrong-usage.ts';

/**
 * Runs a command, or the one below it that the arguments name. Help and version are printed and are no failure; a
 * mistake in the arguments becomes a UsageError of one line, with what was probably meant.
 */
export async function runWords(
  command: Command,
  args: readonly string[],
  output: OutputStream = process.stdout,
): Promise<void> {
  dress(command, output);
  catchMistakes(command);
  try {
    await command.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

function catchMistakes(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error;
    // Without the cause: its text would be shown as well.
    throw new UsageError(wrongUsage(command, error));
  });
  command.commands.forEach(catchMistakes);
}
