import { basename } from 'node:path';
import { runCommand, UsageError } from '@gateway-engine/host/basics';
import type { BuiltInPages } from '@gateway-engine/platform/built-in-pages';

/** Set by the build: `VERSION (COMMIT, TARGET)`. */
declare const GWE_BUILD: string;

type Run = (args: readonly string[]) => Promise<void>;

/** Each is loaded when it is called: what a command does not need costs it no memory. */
const commands: Readonly<Record<string, (pages: BuiltInPages) => Promise<Run>>> = {
  gwe: async () => (await import('@gateway-engine/gateway-engine/command')).gwe,
  gmq: async () => (await import('@gateway-engine/gmq/command')).gmq,
  gdc: async () => (await import('@gateway-engine/device-client/command')).gdc,
  'gwe-supervisord': async () => {
    const { gweSupervisord } = await import('@gateway-engine/supervisor/command');
    // In the background it starts itself again: by the same name, or with the same word.
    return (args) => gweSupervisord(args, isCalled('gwe-supervisord') ? [] : ['gwe-supervisord']);
  },
  'gwe-supervisorctl': async () =>
    (await import('@gateway-engine/supervisor/control-command')).gweSupervisorctl,
  'gwe-platform': async (pages) => {
    const { gwePlatform } = await import('@gateway-engine/platform/command');
    return (args) => gwePlatform(args, pages);
  },
  // What the platform calls itself for: see makeApart.
  'make-delta': async () => (await import('@gateway-engine/platform/make-delta')).makeDeltaCommand,
};
/** Other names that a command is called by. */
const aliases: Readonly<Record<string, string>> = { supervisorctl: 'gwe-supervisorctl' };

const own = 'gateway-engine';

/** Runs the command that this process was called by, or its first argument. `pages`: those of the platform. */
export async function runExecutable(pages: BuiltInPages): Promise<void> {
  const words = process.argv.slice(2);
  const [name = '', ...args] = Object.hasOwn(commands, calledAs()) ? [calledAs(), ...words] : words;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return await runCommand(name, async () => await (await load(pages))(args));
  await runCommand(own, async () => runItself(name));
}

/** The name of the link that was started, or our own. */
function calledAs(): string {
  const name = basename(process.argv0);
  return aliases[name] ?? name;
}

function isCalled(name: string): boolean {
  return calledAs() === name;
}

function runItself(word: string): void {
  if (word === '--version' || word === '-v') process.stdout.write(`${own} ${GWE_BUILD}\n`);
  else if (word === '--help' || word === '-h') process.stdout.write(help());
  else throw new UsageError(`give the name of a command, or call me by it; see ${own} --help`);
}

function help(): string {
  const names = Object.keys(commands).filter((name) => name !== 'make-delta');
  return `Usage: ${own} COMMAND [ARG ...]

All commands of Gateway Engine ${GWE_BUILD} in one file. A link to it that has the name of a
command is that command.

Commands, each with its own --help:
${names.map((name) => `  ${name}\n`).join('')}
Options:
  -v, --version  print version, commit and target
  -h, --help     show this help
`;
}
