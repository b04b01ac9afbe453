import { completionCommand } from '@gateway-engine/host/command-line';
import type { CommandWord } from './command-word.ts';
import { type GweCommand, gweCommand } from './gwe-command.ts';

/** `gwe completion SHELL`, of these words. */
export function completion(words: Readonly<Record<string, CommandWord>>): GweCommand {
  return gweCommand(() => {
    const command = completionCommand('gwe', async () => (await import('./gwe-page.ts')).gwePage(words));
    return command.name('gwe completion');
  });
}
