import { spawnSync } from 'node:child_process';
import { UsageError } from '@gateway-engine/host';

/** Debian's package of this name, installed when it is missing and we may. */
export function installed(name: string, command: string): string {
  if (spawnSync(command, ['-h'], { stdio: 'ignore' }).error === undefined) return command;
  const apt = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', name], { stdio: 'ignore' });
  if (apt.status !== 0) {
    throw new UsageError(`${command} is missing; install it: apt-get install ${name} (as root)`);
  }
  return command;
}
