import type { CommandPage } from '../command-page.ts';
import { functionName, inBrief, quoted, type WordTable, wordTables } from './word-tables.ts';

/** A completion script for zsh: in a folder of `fpath` under the name `_PROGRAM`, or sourced after compinit. */
export function zshCompletion(page: CommandPage): string {
  const name = functionName(page.name);
  const tables = wordTables(page);
  return `#compdef ${page.name}
# Completion of ${page.name} in zsh. Made by: ${page.name} completion zsh
${name}() {
  local at=${quoted(page.name)} takes= word files=
  local -i i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $takes ]]; then takes=; continue; fi
    case "$at $word" in
${walk(tables)}
    esac
  done
  # --option=value is one word here.
  if [[ -z $takes && $PREFIX == --*=* ]]; then
    takes="$at \${PREFIX%%=*}"
    compset -P '*='
  fi
  if [[ -n $takes ]]; then
    files=1
    case $takes in
${valueChoices(tables)}
    esac
  elif [[ $PREFIX == -* ]]; then
    case $at in
${tables.map(optionsCase).join('\n')}
    esac
  else
    case $at in
${tables.map(wordsCase).join('\n')}
    esac
  fi
  (( $#items )) && _describe ${quoted(page.name)} items
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _${page.name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${page.name}
fi
`;
}

function walk(tables: readonly WordTable[]): string {
  const steps = tables.flatMap(({ at, commands }) => commands.map(({ name }) => quoted(`${at} ${name}`)));
  const values = tables.flatMap(({ at, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ names }) => names.map((name) => quoted(`${at} ${name}`))),
  );
  return [
    ...(steps.length > 0 ? [`      ${steps.join(' | ')}) at="$at $word" ;;`] : []),
    ...(values.length > 0 ? [`      ${values.join(' | ')}) takes="$at $word" ;;`] : []),
    '      *) ;;',
  ].join('\n');
}

function valueChoices(tables: readonly WordTable[]): string {
  const lines = tables.flatMap(({ at, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ names, choices }) =>
          `      ${names.map((name) => quoted(`${at} ${name}`)).join(' | ')}) items=(${choices.map(quoted).join(' ')}) files= ;;`,
      ),
  );
  return [...lines, '      *) ;;'].join('\n');
}

function optionsCase({ at, options }: WordTable): string {
  const items = options.flatMap(({ names, meaning }) => names.map((name) => item(name, meaning)));
  return `      ${quoted(at)}) items=(${items.join(' ')}) ;;`;
}

function wordsCase({ at, commands, choices, takesArguments }: WordTable): string {
  const items = [...commands.map(({ name, meaning }) => item(name, meaning)), ...choices.map(quoted)];
  const files = takesArguments && choices.length === 0 ? ' files=1' : '';
  return `      ${quoted(at)}) items=(${items.join(' ')})${files} ;;`;
}

/** A colon parts the word from its meaning. */
function item(name: string, meaning: string): string {
  return quoted(`${name.replaceAll(':', '\\:')}:${inBrief(meaning)}`);
}
