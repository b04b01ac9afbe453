import type { Command, Option } from 'commander';
import { coloursOf } from './colours.ts';

/** Where a command writes what it was asked for; help is coloured when this is a terminal. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Options of a program under this heading are options of each of its commands, too. */
export const everywhere = 'Options of every command:';

/** Gives a command and those below it the look of all commands here: the same words, widths and colours. */
export function dress(command: Command, output: OutputStream, env: NodeJS.ProcessEnv = process.env): void {
  const { bold, cyan, yellow } = coloursOf(output, env);
  const titles = (text: string) => text.replace(/^\S.*:$/gm, (title) => bold(title));
  const dressOne = (each: Command): void => {
    each
      .helpOption('-h, --help', 'show this help')
      .showSuggestionAfterError(false)
      .configureOutput({
        writeOut: (text) => output.write(titles(text)),
        writeErr: () => undefined,
        outputError: () => undefined,
        getOutHasColors: () => bold('x') !== 'x',
        // What is piped elsewhere is the same on every machine.
        getOutHelpWidth: () => Math.max(60, Math.min(output.isTTY ? output.columns || 100 : 100, 120)),
      })
      .configureHelp({
        showGlobalOptions: true,
        visibleGlobalOptions: sharedOptions,
        styleTitle: (text) => (text.startsWith('Usage') ? bold(text) : text),
        styleOptionText: cyan,
        styleSubcommandText: cyan,
        styleArgumentText: yellow,
        // Whole lines of a title are made bold in one place, with those of examples.
        formatItemList: (heading, items) =>
          items.length === 0 ? [] : [heading === 'Global Options:' ? everywhere : heading, ...items, ''],
      });
    if (each.parent !== null || each.commands.length === 0) each.helpCommand(false);
    else each.helpCommand('help [command]', 'show the help of a command');
    each.commands.forEach(dressOne);
  };
  dressOne(command);
}

/** Options of the commands above one that hold for it, too. */
export function sharedOptions(command: Command): Option[] {
  const shared: Option[] = [];
  for (let above = command.parent; above; above = above.parent) {
    shared.push(
      ...above.options.filter((option) => !option.hidden && option.helpGroupHeading === everywhere),
    );
  }
  return shared;
}
