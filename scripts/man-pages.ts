/** `npm run man -- [FOLDER]`: writes the manual pages of all commands, by default into dist/man. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { allCommands } from './command-line/all-commands.ts';
import { manPage } from './command-line/man-page.ts';

/** Writes NAME.1 for each command; gives the paths. */
export async function writeManPages(folder: string): Promise<string[]> {
  const commands = await allCommands();
  mkdirSync(folder, { recursive: true });
  return commands.map((page) => {
    const others = commands.map(({ name }) => name).filter((name) => name !== page.name);
    const file = join(folder, `${page.name}.1`);
    writeFileSync(file, manPage(page, { version: manifest.version, others }));
    return file;
  });
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'dist', 'man');
  // npm runs a script in the folder of its package.json.
  for (const file of await writeManPages(resolve(process.env.INIT_CWD ?? '.', folder))) {
    process.stdout.write(`${file}\n`);
  }
}
