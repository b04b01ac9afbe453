import { allPages, type CommandPage, type OptionEntry } from '../command-page.ts';

/** What a completion script knows of a command. `at` is the command as it is typed: `gwe keys create`. */
export interface WordTable {
  readonly at: string;
  readonly commands: readonly { readonly name: string; readonly meaning: string }[];
  readonly options: readonly OptionEntry[];
  /** What stands at each place; files where there are no choices. The last one holds for all after it. */
  readonly choices: readonly string[];
  /** Whether arguments that are no commands may stand there; they are completed as files unless there are choices. */
  readonly takesArguments: boolean;
}

export function wordTables(page: CommandPage): WordTable[] {
  return allPages(page).map((each) => ({
    at: each.name,
    commands: each.commands.map(({ name, summary }) => ({
      name: name.split(' ').at(-1) ?? name,
      meaning: summary,
    })),
    options: [...each.options, ...each.shared],
    choices: each.arguments.flatMap(({ choices }) => choices),
    takesArguments: each.arguments.length > 0,
  }));
}

/** A name for a function of the script. */
export function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}_completion`;
}

/** A text between single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first sentence or part of a meaning, for one line beside a word. */
export function inBrief(meaning: string): string {
  const [first = ''] = meaning.split(/[\n;]| \(default| \(env/);
  return first.replace(/\s+/g, ' ').trim();
}
