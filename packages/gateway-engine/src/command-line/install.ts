import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { createLogger, systemClock, UsageError } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { debugLevel, readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { InstallJournal } from '../ota/journal.ts';
import { describeInstall } from '../ota/outcome.ts';
import { PackageFiles } from '../ota/package-files.ts';
import { Programs } from '../ota/programs.ts';
import { InstallRunner } from '../ota/run.ts';
import { openEngineDatabase } from '../state/database.ts';
import { ProcessLock } from '../state/process-lock.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import type { Console } from './configure.ts';
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
  const config = await readEngineConfig(layout);
  const level = options.setDebugLevel === undefined ? 'WARNING' : debugLevel.parse(options.setDebugLevel);
  const logger = createLogger({ name: 'gwe', level });
  const database = await openEngineDatabase(layout);
  const journal = new InstallJournal(database, new StatusOutbox(database), systemClock);
  const supervisor = new SupervisorClient(config.supervisorUrl);
  const runner = new InstallRunner(
    {
      layout,
      journal,
      files: new PackageFiles(layout),
      programs: new Programs(supervisor, config.programDirectory, systemClock),
      downloads: undefined,
      trust: undefined,
      programDirectory: config.programDirectory,
      logDirectory: config.logDirectory,
      clock: systemClock,
      logger,
    },
    new ProcessLock(database, 'install'),
  );
  const ending = new AbortController();
  const end = () => ending.abort(new UsageError('interrupted; the engine cleans up at its next start'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  const refused: string[] = [];
  try {
    for (const file of files) {
      const [install] = await runner.run(ending.signal, journal.addFile(basename(file), file));
      if (!install) throw new Error(`the install of ${file} came to no end`);
      console.out(describeInstall(install));
      if (install.state !== 'committed') refused.push(install.tarball);
    }
  } finally {
    database.close();
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
