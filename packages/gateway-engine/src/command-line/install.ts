import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import type { Console } from './configure.ts';
import { LocalInstalls } from './local-installs.ts';
import type { GweOptions } from './options.ts';

/**
 * Installs tarballs from files by the same journal and the same steps as over the air, and prints each outcome. Throws
 * UsageError when one of them was not installed.
 */
export async function installFromFiles(
  layout: HomeLayout,
  paths: readonly string[],
  options: GweOptions,
  console: Console,
): Promise<void> {
  const files = paths.map((path) => resolve(path));
  for (const file of files) await mustBeFile(file);
  const local = await LocalInstalls.open(layout, console, options);
  const refused: string[] = [];
  try {
    for (const file of files) {
      const install = await local.carryOut(local.journal.add('file', basename(file), file));
      if (install.state !== 'committed') refused.push(install.tarball);
    }
    if (options.json) console.out(JSON.stringify(local.outcomes, null, 2));
  } finally {
    local.close();
  }
  if (refused.length > 0) throw new UsageError(`not installed: ${refused.join(', ')}`);
}

async function mustBeFile(file: string): Promise<void> {
  try {
    if ((await stat(file)).isFile()) return;
  } catch (cause) {
    throw new UsageError(`cannot read ${file}`, { cause });
  }
  throw new UsageError(`${file} is no file`);
}
