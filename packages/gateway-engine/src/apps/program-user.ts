import { parseIni } from '@gateway-engine/host';
import { parseAccount } from '@gateway-engine/supervisor';

/** Whom files are given to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom a program runs as by its entry, if that is somebody else than the engine and the engine may give files away.
 * Throws when this machine has no such user.
 */
export function programOwner(name: string, entry: string | null): Owner | undefined {
  if (entry === null || process.getuid?.() !== 0) return undefined;
  const user = parseIni(entry, { file: `${name}.conf` })
    .get(`program:${name}`)
    ?.get('user')?.value;
  if (user === undefined) return undefined;
  const { uid, gid } = parseAccount(user);
  return uid === 0 ? undefined : { uid, gid };
}
