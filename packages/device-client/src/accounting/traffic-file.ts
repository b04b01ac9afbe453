import { lstatSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where accounting goes: the option, else GWE_TRAFFIC_DB, else the gateway's home, else /tmp. `false` and an empty
 * text mean nowhere: undefined.
 */
export function trafficFile(
  option: string | false | undefined,
  env: NodeJS.ProcessEnv = process.env,
  shared = '/tmp',
): string | undefined {
  if (option === false) return undefined;
  const named = option ?? env.GWE_TRAFFIC_DB;
  if (named !== undefined) return named === '' ? undefined : named;
  if (env.GWE_HOME) return join(env.GWE_HOME, 'var', 'ifaces.db');
  return ownFileIn(shared);
}

/**
 * In a folder that all users share the plain name belongs to whoever came first; others get one of their own. A name
 * that is a link, or not one's own, is never followed.
 */
function ownFileIn(folder: string): string | undefined {
  const uid = process.getuid?.() ?? 0;
  return [join(folder, 'ifaces.db'), join(folder, `ifaces-${uid}.db`)].find((file) =>
    ['', '-wal', '-shm'].every((suffix) => isFreeOrOwn(`${file}${suffix}`, uid)),
  );
}

function isFreeOrOwn(path: string, uid: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || (found.isFile() && found.uid === uid);
}
