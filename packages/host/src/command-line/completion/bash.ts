import type { CommandPage } from '../command-page.ts';
import { functionName, quoted, type WordTable, wordTables } from './word-tables.ts';

/** A completion script for bash 4 or later, which needs nothing else: no bash-completion. */
export function bashCompletion(page: CommandPage): string {
  const name = functionName(page.name);
  const tables = wordTables(page);
  return `# Completion of ${page.name} in bash. Made by: ${page.name} completion bash
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at=${quoted(page.name)} takes= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # --option=value comes in three words.
    [[ $word == = ]] && continue
    if [[ -n $takes ]]; then takes=; continue; fi
    case "$at $word" in
${walk(tables)}
    esac
  done
  [[ $cur == = ]] && cur=
  local commands= options= choices= files=
  if [[ -n $takes ]]; then
    files=1
    case $takes in
${valueChoices(tables)}
    esac
  else
    case $at in
${tables.map(caseOf).join('\n')}
    esac
    if [[ $cur == -* ]]; then choices=$options files=; else choices="$commands $choices"; fi
  fi
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$choices" -- "$cur"))
  if [[ -n $files ]]; then
    IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F ${name} ${page.name}
`;
}

/** Which words lead to another command, and which options take the next word. */
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
          `      ${names.map((name) => quoted(`${at} ${name}`)).join(' | ')}) choices=${quoted(choices.join(' '))} files= ;;`,
      ),
  );
  return [...lines, '      *) ;;'].join('\n');
}

function caseOf({ at, commands, options, choices, takesArguments }: WordTable): string {
  const parts = [
    commands.length > 0 && `commands=${quoted(commands.map(({ name }) => name).join(' '))}`,
    `options=${quoted(options.flatMap(({ names }) => names).join(' '))}`,
    choices.length > 0 && `choices=${quoted(choices.join(' '))}`,
    takesArguments && choices.length === 0 && 'files=1',
  ];
  return `      ${quoted(at)}) ${parts.filter((part) => part !== false).join(' ')} ;;`;
}
