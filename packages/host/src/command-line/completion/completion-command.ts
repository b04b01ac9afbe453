import { Argument, Command } from 'commander';
import type { CommandPage } from '../command-page.ts';
import { withExamples } from '../help-sections.ts';

export const completionSummary = 'print a script that completes its words in a shell';

/** Each loaded by itself, since a command is called a thousand times before its script is asked for. */
const scripts: Readonly<Record<string, () => Promise<(page: CommandPage) => string>>> = {
  bash: async () => (await import('./bash.ts')).bashCompletion,
  zsh: async () => (await import('./zsh.ts')).zshCompletion,
  fish: async () => (await import('./fish.ts')).fishCompletion,
};

/** `PROGRAM completion SHELL`: prints a script made from what the commands themselves say. */
export function completionCommand(
  program: string,
  describe: () => Promise<CommandPage>,
  write: (text: string) => unknown = (text) => process.stdout.write(text),
): Command {
  const command = new Command('completion')
    .description(completionSummary)
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .action(async (shell: string) => {
      const script = await scripts[shell]?.();
      write(script?.(await describe()) ?? '');
    });
  return withExamples(command, [
    [`source <(${program} completion bash)`, 'in this bash; put it into ~/.bashrc for all'],
    [`${program} completion bash > /etc/bash_completion.d/${program}`, 'for all users'],
    [`${program} completion zsh > "\${fpath[1]}/_${program}"`, 'for zsh'],
    [`${program} completion fish > ~/.config/fish/completions/${program}.fish`, 'for fish'],
  ]);
}

/** Adds `completion` to a program. */
export function withCompletion(program: Command): Command {
  const describe = async () => (await import('../command-page.ts')).describeCommand(program);
  return program.addCommand(completionCommand(program.name(), describe));
}
