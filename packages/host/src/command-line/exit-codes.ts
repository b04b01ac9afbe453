import type { Command } from 'commander';

/** Why a command ends with this code. */
export type ExitCode = readonly [code: number, meaning: string];

/** Of all commands; some have codes of their own beside them. */
export const commonExitCodes: readonly ExitCode[] = [
  [0, 'done; also when nobody reads the output any more'],
  [1, 'not done, or the command line is wrong: one line on standard error says what, and what to do'],
];

/** Adds the table of exit codes to the help of a command. A code that is given replaces the common one. */
export function withExitCodes(command: Command, ...own: readonly ExitCode[]): Command {
  const all = new Map([...commonExitCodes, ...own]);
  const width = Math.max(...[...all.keys()].map((code) => String(code).length));
  const lines = [...all].map(([code, meaning]) => `  ${String(code).padEnd(width)}  ${meaning}`);
  return command.addHelpText('after', `\nExit codes:\n${lines.join('\n')}`);
}
