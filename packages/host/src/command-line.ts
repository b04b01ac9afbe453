import { coloursOf } from './command-line/colours.ts';

/** A mistake of the person at the keyboard: its message alone is shown, without a stack. */
export class UsageError extends Error {
  readonly code: string = 'USAGE';
}

/** What a stream reports when nobody reads it any more: a pipe's reader ended, or the terminal was closed. */
const readerIsGone: readonly (string | undefined)[] = ['EPIPE', 'EIO'];

/**
 * Runs a command's main function. A failure becomes one line on standard error, `NAME: what is wrong`, and exit
 * code 1 (or the error's own `exitCode`); with DEBUG set in the environment, the stack follows.
 *
 * When nobody reads the output any more (`gwe ... | head`, a closed terminal) the process ends with exit code 0, or
 * goes on without output when `onOutputGone` is given, which is called once.
 */
export async function runCommand(
  name: string,
  main: () => Promise<void>,
  options: { onOutputGone?: () => void } = {},
): Promise<void> {
  let gone = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!readerIsGone.includes(error.code)) throw error;
      if (!options.onOutputGone) process.exit(0);
      if (!gone) options.onOutputGone();
      gone = true;
    });
  }
  try {
    await main();
  } catch (error) {
    const { red } = coloursOf(process.stderr);
    process.stderr.write(`${red(`${name}:`)} ${describeError(error)}\n`);
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

/** An error and its causes on one line, each said once. */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let current: unknown = error, depth = 0; current !== undefined && depth < 5; depth++) {
    const message = messageOf(current);
    if (message !== '' && !messages.some((earlier) => earlier.includes(message))) messages.push(message);
    current = current instanceof Error ? current.cause : undefined;
  }
  const lines = messages.join(': ').split(/[\r\n]+/);
  return lines.length === 1
    ? lines.join()
    : lines
        .map((line) => line.trim())
        .filter(Boolean)
        .join(' ');
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function exitCodeOf(error: unknown): number {
  const own = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return typeof own === 'number' && own > 0 ? own : 1;
}
