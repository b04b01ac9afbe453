import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandName, commandLine } from '@gateway-engine/demo';

const programs = ['gwe', 'gmq', 'gdc', 'gwe-supervisord', 'gwe-supervisorctl'] as const;
type Program = Extract<CommandName, (typeof programs)[number]>;

/** The folder of a package of the engine whose programs run from the sources; `instead`: lines of a broken one. */
export function makeEngine(folder: string, instead: Partial<Record<Program, string>> = {}): string {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const name of programs) {
    const words = commandLine(name).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const lines = [instead[name], `exec ${words.join(' ')} "$@"`].filter((line) => line !== undefined);
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  }
  writeFileSync(join(folder, 'install.sh'), '#!/bin/sh\necho "for a new gateway only"\n', { mode: 0o755 });
  return folder;
}

/** Its tarball, in `folder`, as its developer gives it out: all within one directory. */
export function engineTarball(
  folder: string,
  version: string,
  instead: Partial<Record<Program, string>> = {},
): string {
  const content = join(folder, `engine-${version}`);
  makeEngine(join(content, 'gateway-engine'), instead);
  const tarball = join(folder, `GatewayEngine.v${version}.tar.gz`);
  execFileSync('tar', ['-czf', tarball, '-C', content, 'gateway-engine']);
  return tarball;
}
