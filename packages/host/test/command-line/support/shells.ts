import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What each of these lines is completed to in bash, by the function that the script brings. */
export async function completeInBash(script: string, folder: string, lines: readonly string[]) {
  // Words as readline parts them: an equals sign is one of its own.
  const words = lines.map((line) =>
    line
      .split(' ')
      .flatMap((word) => word.split(/(=)/))
      .map((word) => `'${word}'`)
      .join(' '),
  );
  const calls = words.map(
    (each) =>
      `COMP_WORDS=(${each}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _tool_completion; printf '%s\\t' "\${COMPREPLY[@]}"; echo`,
  );
  const program = `source ${script}\n${calls.join('\n')}`;
  const { stdout } = await run('bash', ['--norc', '-c', program], { cwd: folder });
  return answers(stdout, lines.length, '\t');
}

/** The same in fish, which can be asked for completions. */
export async function completeInFish(script: string, folder: string, lines: readonly string[]) {
  const calls = lines.map(
    (line) => `complete -C '${line}' | string replace -r '\\t.*' '' | string join \\t; echo`,
  );
  const { stdout } = await run('fish', ['--no-config', '-c', `source ${script}\n${calls.join('\n')}`], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
  });
  // An answer that has no words is an empty line of its own.
  return answers(stdout.replace(/\n\n/g, '\n'), lines.length, '\t');
}

/** The same in zsh, whose completion works at a terminal only: keys are pressed at one. */
export async function completeInZsh(script: string, folder: string, lines: readonly string[]) {
  const session = `${script}.session`;
  const offered = `${script}.offered`;
  await writeFile(session, zshSession(script, offered));
  await writeFile(offered, '');
  await run('zsh', ['-f', '-c', zshAtTerminal, 'zsh', session, offered, ...lines], {
    cwd: folder,
    env: { ...process.env, HOME: folder, TERM: 'dumb' },
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const [, ...ends] = (await readFile(offered, 'utf8')).split(/^\.\n/m);
  return ends.slice(0, lines.length).map((matches) => matches.split('\n').filter((word) => word !== ''));
}

/** Each match that is offered is a line of a file, and `.` the line after those of one Tab. */
const zshSession = (script: string, offered: string) => `
PROMPT=
unsetopt autolist automenu
autoload -Uz compinit && compinit -u -D
source ${script}
compadd() {
  if (( !$@[(I)-[OAD]] )); then
    local -a found
    builtin compadd -O found "$@"
    (( $#found )) && print -rl -- $found >> ${offered}
  fi
  builtin compadd "$@"
}
offer() {
  zle complete-word
  zle kill-whole-line
  print -r -- . >> ${offered}
}
zle -N offer
bindkey '^I' offer
print -r -- . >> ${offered}
`;

const zshAtTerminal = String.raw`
zmodload zsh/zpty zsh/zselect
session=$1 offered=$2
shift 2
wait_for() {
  local text
  # The terminal is read all the while: what nobody reads would stop the shell in it.
  until (( $(grep -cx '\.' $offered) >= $1 )); do zpty -rt asked text || zselect -t 2; done
}
zpty asked zsh -f -i
zpty -w asked "source $session"
wait_for 1
for ((i = 1; i <= $#; i++)); do
  zpty -n -w asked "$argv[i]"$'\t'
  wait_for $((i + 1))
done
zpty -d asked
`;

function answers(output: string, count: number, separator: string): string[][] {
  const lines = output.split('\n').slice(0, count);
  return lines.map((line) => line.split(separator).filter((word) => word !== ''));
}
