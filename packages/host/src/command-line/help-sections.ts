import type { Command } from 'commander';

/** A call of a command, and what it does. */
export type Example = readonly [call: string, meaning?: string];

/** What stands in the help after the options: under a title that ends in a colon, or paragraphs without one. */
export interface HelpSection {
  readonly title: string | undefined;
  readonly lines: readonly string[];
}

/** Adds examples to the help of a command; `notes` are paragraphs below them. */
export function withExamples(command: Command, examples: readonly Example[], ...notes: string[]): Command {
  const width = Math.max(...examples.map(([call, meaning]) => (meaning === undefined ? 0 : call.length)));
  const lines = examples.map(([call, meaning]) =>
    meaning === undefined ? `  ${call}` : `  ${call.padEnd(width)}    ${meaning}`,
  );
  return command.addHelpText(
    'after',
    ['', 'Examples:', ...lines, ...notes.flatMap((note) => ['', note])].join('\n'),
  );
}

/** What stands after the options in the help: all that was given to addHelpText('after', ...). */
export function helpSections(command: Command): HelpSection[] {
  const output = command.configureOutput();
  let text = '';
  command.configureOutput({ ...output, writeOut: (more) => (text += more), getOutHasColors: () => false });
  command.outputHelp();
  const before = command.helpInformation();
  command.configureOutput(output);
  return parseSections(text.slice(before.length));
}

export function parseSections(text: string): HelpSection[] {
  const sections: { title: string | undefined; lines: string[] }[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const title = /^(\S.*):$/.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, lines: [] });
    else if (line.trim() === '') {
      open = false;
      continue;
    } else {
      const last = open ? sections.at(-1) : undefined;
      // A title holds what is indented below it; what is not is a paragraph of its own.
      if (last && (last.title === undefined || /^\s/.test(line))) last.lines.push(line.trimEnd());
      else sections.push({ title: undefined, lines: [line.trimEnd()] });
    }
    open = true;
  }
  return sections;
}

/** Lines of examples as their parts, which two blanks or more keep apart; a meaning may stand on a line of its own. */
export function examplesOf(lines: readonly string[]): Example[] {
  const examples: Example[] = [];
  for (const line of lines) {
    const [, blanks = '', call = '', meaning] = /^(\s*)(.*?)(?:\s{2,}(\S.*))?$/.exec(line) ?? [];
    const last = examples.at(-1);
    if (last && blanks.length > 8)
      examples[examples.length - 1] = [last[0], [last[1], call].filter(Boolean).join(' ')];
    else examples.push(meaning === undefined ? [call] : [call, meaning]);
  }
  return examples;
}
