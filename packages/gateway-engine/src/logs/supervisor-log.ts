import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, loadConfig, type SupervisorClient } from '@gateway-engine/supervisor';
import { z } from 'zod';

/** Where Supervisor looks for its configuration when it is not told; in its own folder first. */
const usualFiles = [
  'supervisord.conf',
  'etc/supervisord.conf',
  '/etc/supervisord.conf',
  '/etc/supervisor/supervisord.conf',
];

/**
 * The file that a supervisor which answers writes its own log to: its interface does not tell, so it is taken from its
 * command line and its configuration. Undefined where that cannot be found out. Rejects like SupervisorClient.
 */
export async function supervisorLog(supervisor: Pick<SupervisorClient, 'call'>): Promise<string | undefined> {
  const pid = z.number().parse(await supervisor.call('supervisor.getPID'));
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    const named = optionOf(words, '-l', '--logfile');
    if (named !== undefined) return resolve(folder, named);
    const conf =
      optionOf(words, '-c', '--configuration') ??
      usualFiles.find((file) => existsSync(resolve(folder, file)));
    if (conf === undefined) return undefined;
    const { logfile } = loadConfig(resolve(folder, conf), process.env);
    return logfile?.kind === 'file' ? logfile.path : undefined;
  } catch (error) {
    // It has ended this moment, is another user's, or its configuration was broken since.
    if (error instanceof ConfigError || isClosed(error)) return undefined;
    throw error;
  }
}

/** `-c FILE`, `--configuration FILE` or `--configuration=FILE`. */
export function optionOf(words: readonly string[], short: string, long: string): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === short || word === long) return words[index + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
  }
  return undefined;
}

function isClosed(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
