import type { Command, CommanderError } from 'commander';
import { closest } from './closest.ts';
import { sharedOptions } from './look.ts';

/** One line that says what is wrong with the arguments of a command, and what was probably meant. */
export function wrongUsage(command: Command, error: CommanderError): string {
  const help = `see ${fullName(command)} --help`;
  const [problem = ''] = error.message.replace(/^error: /, '').split('\n');
  if (error.code === 'commander.help') {
    return `say what: ${visibleNames(command).join(', ')}; ${help}`;
  }
  const takesWords = command.commands.length > 0 && command.registeredArguments.length === 0;
  if (
    error.code === 'commander.unknownCommand' ||
    (takesWords && error.code === 'commander.excessArguments')
  ) {
    const word = command.args[0] ?? '';
    const above = fullName(command).split(' ').slice(1);
    const named = (name: string) => `'${[...above, name].join(' ')}'`;
    const meant = closest(word, visibleNames(command));
    return `unknown command ${named(word)}; ${meant === undefined ? help : `did you mean ${named(meant)}?`}`;
  }
  if (error.code === 'commander.unknownOption') {
    const option = /'(.*)'/.exec(problem)?.[1] ?? '';
    // A single letter is like any other.
    const meant = option.startsWith('--') ? closest(option.slice(2), longOptions(command)) : undefined;
    return `${problem}; ${meant === undefined ? help : `did you mean '--${meant}'?`}`;
  }
  return `${problem.replace(/\.$/, '')}; ${help}`;
}

/** As it is typed: `gwe keys create`. */
export function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function visibleNames(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name())
    .filter((name) => name !== 'help');
}

function longOptions(command: Command): string[] {
  const options = [...command.createHelp().visibleOptions(command), ...sharedOptions(command)];
  return options.flatMap(({ long }) => long?.slice(2) ?? []);
}
