import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '@gateway-engine/host/basics';
import type { BuildFile } from './build-file.ts';
import { inspectTarball, type PackageContents } from './inspect.ts';
import { packFiles } from './pack.ts';
import { selectFiles } from './select-files.ts';
import { formatTarballName } from './tarball-name.ts';

/** A command of the build file that failed. */
export class BuildCommandError extends Error {
  readonly code = 'BUILD_COMMAND';
}

export interface BuiltPackage {
  /** Full path of the tarball. */
  readonly path: string;
  readonly contents: PackageContents;
}

/**
 * Builds the tarball in `directory`: pre-build commands, packing, the check that a gateway will make too, post-build
 * commands. The tarball appears under its name only when all of that went well.
 *
 * Commands run by /bin/sh in the directory with the caller's environment and terminal; what they print goes to standard
 * error, so that standard output is the caller's own. Throws BuildCommandError, BuildFileError, ArchiveError.
 */
export async function buildPackage(
  buildFile: BuildFile,
  directory: string,
  log: (line: string) => void = () => {},
): Promise<BuiltPackage> {
  const path = join(directory, formatTarballName(buildFile));
  const temporary = join(directory, `.${buildFile.name}.${process.pid}.building`);
  await runAll('pre_build_cmds', buildFile.pre_build_cmds, directory, log);
  let contents: PackageContents;
  try {
    const files = (await selectFiles(directory, buildFile)).filter(
      (file) => !isEarlierBuild(file, buildFile.name),
    );
    for (const file of files) log(`packing ${file}`);
    await packFiles(directory, files, temporary);
    contents = await inspectTarball(createReadStream(temporary));
    await rename(temporary, path);
    await syncDirectory(directory);
  } finally {
    await rm(temporary, { force: true });
    await runAll('post_build_cmds', buildFile.post_build_cmds, directory, log);
  }
  return { path, contents };
}

/** A glob such as * must not pack the tarballs of this application that earlier builds left. */
function isEarlierBuild(file: string, name: string): boolean {
  return file.startsWith(`${name}.v`) && file.endsWith('.tar.gz') && !file.includes('/');
}

async function runAll(
  key: string,
  commands: readonly string[],
  directory: string,
  log: (line: string) => void,
): Promise<void> {
  for (const command of commands) {
    log(`running ${command}`);
    const outcome = await run(command, directory);
    if (outcome !== 0) throw new BuildCommandError(`"${command}" of "${key}" ended with ${outcome}`);
  }
}

function run(command: string, cwd: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    // 2: what it prints on its standard output goes to our standard error.
    const child = spawn('/bin/sh', ['-c', command], { cwd, stdio: ['inherit', 2, 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code === 0 ? 0 : code === null ? `signal ${signal}` : `exit status ${code}`),
    );
  });
}
