/** Writes the completion scripts of all commands as packages of Debian have them: `completion-scripts.ts FOLDER`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  bashCompletion,
  fishCompletion,
  zshCompletion,
} from '../packages/host/src/command-line/descriptions.ts';
import { allCommands } from './command-line/all-commands.ts';

/** Where each shell looks for the script of a command, below /usr/share. */
const places = [
  { path: (name: string) => `bash-completion/completions/${name}`, script: bashCompletion },
  { path: (name: string) => `zsh/vendor-completions/_${name}`, script: zshCompletion },
  { path: (name: string) => `fish/vendor_completions.d/${name}.fish`, script: fishCompletion },
];

/** `folder` stands for /usr/share; gives the paths. Supervisor's commands have none: their first word is an action. */
export async function writeCompletionScripts(folder: string): Promise<string[]> {
  const programs = (await allCommands()).filter((page) => page.commands.length > 0);
  return programs.flatMap((page) =>
    places.map(({ path, script }) => {
      const file = join(folder, path(page.name));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, script(page));
      return file;
    }),
  );
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('name the folder that stands for /usr/share');
  for (const file of await writeCompletionScripts(resolve(folder))) process.stdout.write(`${file}\n`);
}
