import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { compileExecutable, ownTarget } from '@gateway-engine/release';
import { runtime } from '@gateway-engine/testkit';

const root = join(import.meta.dirname, '..', '..');

/** Compiles the one executable of all commands as a release has it, and gives its path. */
export function compileRelease(): string {
  const build = { version: '0.1.0', commit: 'bench' };
  return compileExecutable(root, ownTarget(), build, join(root, 'release', 'build', 'bench'));
}

/** The same under a command's name, in `folder`. */
export function compileCommand(folder: string, name: 'gmq' | 'gwe-supervisord'): string {
  const link = join(folder, name);
  symlinkSync(compileRelease(), link);
  return link;
}

/** Compiles a program of its own, a peer, into `folder`. */
export function compilePeer(entry: string, folder: string, name: string): string {
  const executable = join(folder, name);
  execFileSync(runtime('bun'), ['build', '--compile', '--outfile', executable, entry], { stdio: 'pipe' });
  return executable;
}
