import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const client = join(import.meta.dirname, '..', '..', 'clients', 'python');

/** Lets Python find the client, and leave nothing in the repository. */
export const pythonEnvironment = { PYTHONPATH: client, PYTHONDONTWRITEBYTECODE: '1' } as const;

export const pythonTests = join(client, 'tests');

/** The oldest and the usual Python of this machine that the client promises to work with. */
export function pythons(): string[] {
  const versions = ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'];
  const oldest = versions.find((version) => versionOf(`python${version}`) === version);
  return oldest === undefined || versionOf('python3') === oldest
    ? ['python3']
    : [`python${oldest}`, 'python3'];
}

function versionOf(command: string): string {
  const program = 'import sqlite3, ssl, sys; print("%d.%d" % sys.version_info[:2])';
  return spawnSync(command, ['-c', program], { encoding: 'utf8' }).stdout?.trim() ?? '';
}
