import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand, UsageError } from '@gateway-engine/host';

const folder = join(import.meta.dirname, '..');
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .sort();

/** `npm run bench -- NAME [ARG ...]` runs one file of this folder; `--list` names them. */
await runCommand('bench', async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === '--list') {
    for (const each of names) process.stdout.write(`${each}\n`);
    return;
  }
  if (name === undefined || !names.includes(name)) {
    throw new UsageError(`give the name of a benchmark (${names.join(', ')}) or --list`);
  }
  const { run } = (await import(join(folder, `${name}.ts`))) as {
    run: (args: readonly string[]) => Promise<void>;
  };
  await run(args);
});
