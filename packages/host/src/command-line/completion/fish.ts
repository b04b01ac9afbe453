import type { CommandPage, OptionEntry } from '../command-page.ts';
import { functionName, inBrief, type WordTable, wordTables } from './word-tables.ts';

/** A completion script for fish 3 or later. */
export function fishCompletion(page: CommandPage): string {
  const name = functionName(page.name);
  const tables = wordTables(page);
  const steps = tables.flatMap(({ at, commands }) =>
    commands.map((command) => quoted(`${at} ${command.name}`)),
  );
  const values = tables.flatMap(({ at, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ names }) => names.map((option) => quoted(`${at} ${option}`))),
  );
  const cases = [
    ...(steps.length > 0 ? [`      case ${steps.join(' ')}\n        set at "$at $word"`] : []),
    ...(values.length > 0 ? [`      case ${values.join(' ')}\n        set takes 1`] : []),
  ];
  return `# Completion of ${page.name} in fish. Made by: ${page.name} completion fish
# Whether the words before the cursor lead to this command.
function ${name}
  set -l at ${quoted(page.name)}
  set -l takes
  set -l typed (commandline -opc)
  for word in $typed[2..-1]
    if test -n "$takes"
      set takes
      continue
    end
    switch "$at $word"
${cases.join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${page.name} -f
${tables.flatMap((table) => linesOf(page.name, name, table)).join('\n')}
`;
}

function linesOf(program: string, name: string, table: WordTable): string[] {
  const start = `complete -c ${program} -n ${quoted(`${name} ${quoted(table.at)}`)}`;
  return [
    ...table.commands.map(
      (command) => `${start} -a ${quoted(command.name)} -d ${quoted(inBrief(command.meaning))}`,
    ),
    ...(table.choices.length > 0 ? [`${start} -a ${quoted(table.choices.join(' '))}`] : []),
    ...(table.takesArguments && table.choices.length === 0 ? [`${start} -F`] : []),
    ...table.options.map((option) => `${start} ${optionText(option)}`),
  ];
}

function optionText({ names, takesValue, choices, meaning }: OptionEntry): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = !takesValue ? [] : choices.length > 0 ? ['-x', `-a ${quoted(choices.join(' '))}`] : ['-r -F'];
  return [...flags, ...value, `-d ${quoted(inBrief(meaning))}`].join(' ');
}

/** Between single quotes fish knows an escaped quote and an escaped backslash. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
