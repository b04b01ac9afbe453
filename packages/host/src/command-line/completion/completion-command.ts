import { Argument, Command } from 'commander';
import type { CommandPage } from '../command-page.ts';
import { withExamples } from '../help-sections.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

export const completionSummary = 'print a completion script for a shell';

const scripts: Readonly<Record<string, (page: CommandPage) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `PROGRAM completion SHELL`: prints a script made from what the commands themselves say. */
export function completionCommand(
  program: string,
  describe: () => CommandPage | Promise<CommandPage>,
  write: (text: string) => unknown = (text) => process.stdout.write(text),
): Command {
  const command = new Command('completion')
    .description(completionSummary)
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .action(async (shell: string) => {
      write(scripts[shell]?.(await describe()) ?? '');
    });
  return withExamples(command, [
    [`source <(${program} completion bash)`, 'in this bash; put it into ~/.bashrc for all'],
    [`${program} completion bash > /etc/bash_completion.d/${program}`, 'for all users'],
    [`${program} completion zsh > "\${fpath[1]}/_${program}"`, 'for zsh'],
    [`${program} completion fish > ~/.config/fish/completions/${program}.fish`, 'for fish'],
  ]);
}
