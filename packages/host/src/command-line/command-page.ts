import type { Argument, Command, Option } from 'commander';
import { type HelpSection, helpSections } from './help-sections.ts';
import { sharedOptions } from './look.ts';
import { fullName } from './wrong-usage.ts';

/** All there is to know of a command and those below it, as plain data: for completion, man pages, documentation. */
export interface CommandPage {
  /** As it is typed: `gwe keys create`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** With its arguments: `gwe keys create [options] <product>`. */
  readonly usage: string;
  readonly arguments: readonly ArgumentEntry[];
  readonly options: readonly OptionEntry[];
  /** Options of the commands above that hold for this one. */
  readonly shared: readonly OptionEntry[];
  readonly sections: readonly HelpSection[];
  readonly commands: readonly CommandPage[];
}

export interface ArgumentEntry {
  /** With its brackets: `<product>`, `[file...]`. */
  readonly term: string;
  readonly meaning: string;
  readonly choices: readonly string[];
}

export interface OptionEntry {
  readonly flags: string;
  /** Each by itself: `-h`, `--help`. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  /** With default and environment variable, as in the help. */
  readonly meaning: string;
  readonly choices: readonly string[];
}

/** Describes a dressed command. */
export function describeCommand(command: Command): CommandPage {
  const help = command.createHelp();
  const description = command.description();
  return {
    name: fullName(command),
    summary: command.summary() || description,
    description,
    usage: help.commandUsage(command),
    arguments: command.registeredArguments.map((argument) => ({
      term: termOf(argument),
      meaning: help.argumentDescription(argument),
      choices: argument.argChoices ?? [],
    })),
    options: help.visibleOptions(command).map(entryOf),
    shared: sharedOptions(command).map(entryOf),
    sections: helpSections(command),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.parent === command && each.name() !== 'help')
      .map(describeCommand),
  };

  function entryOf(option: Option): OptionEntry {
    return {
      flags: option.flags,
      names: [option.short, option.long].filter((name) => name !== undefined),
      takesValue: option.required || option.optional,
      meaning: help.optionDescription(option),
      choices: option.argChoices ?? [],
    };
  }
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** A command and all those below it, in their order. */
export function allPages(page: CommandPage): CommandPage[] {
  return [page, ...page.commands.flatMap(allPages)];
}
