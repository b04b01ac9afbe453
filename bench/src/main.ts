import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { runCommand, UsageError } from '@gateway-engine/host';
import { keepResults } from './kept-results.ts';
import type { Result } from './result.ts';

const folder = join(import.meta.dirname, '..');
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .sort();

/**
 * `npm run bench -- NAME [ARG ...]` runs one file of this folder; `--list` names them. With `--keep` after the name,
 * the figures are noted in docs/performance.md, too.
 */
await runCommand('bench', async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === '--list') {
    for (const each of names) process.stdout.write(`${each}\n`);
    return;
  }
  if (name === undefined || !names.includes(name)) {
    throw new UsageError(`give the name of a benchmark (${names.join(', ')}) or --list`);
  }
  if (args.includes('--keep')) {
    const others = args.filter((arg) => arg !== '--keep');
    await keepResults(name, await resultsOf([name, ...others]));
    return;
  }
  const { run } = (await import(join(folder, `${name}.ts`))) as {
    run: (args: readonly string[]) => Promise<void>;
  };
  await run(args);
});

/** Runs a benchmark in a process of its own, shows its lines and gives them. Throws when it fails. */
async function resultsOf(args: readonly string[]): Promise<Result[]> {
  const child = spawn(process.execPath, [import.meta.filename, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const results: Result[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    results.push(JSON.parse(line) as Result);
  }
  if ((await ended) !== 0) throw new UsageError('the benchmark failed; nothing is noted');
  return results;
}
