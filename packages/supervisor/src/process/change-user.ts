import { existsSync } from 'node:fs';
import { type Account, groupsOf } from '../config/account.ts';

/** A file to execute and its arguments, the program's own name first. */
export interface Executable {
  readonly file: string;
  readonly argv: readonly string[];
}

const setprivPlaces = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv'];

/** The command setpriv of util-linux, if this machine has it. */
export function findSetpriv(): string | undefined {
  return setprivPlaces.find((place) => existsSync(place));
}

/**
 * How a program is started as its user. Node.js gives a child the user and its own group and takes all other groups
 * away; a user who is in more groups gets them through setpriv, which becomes the program.
 */
export function asUser(
  user: Account | undefined,
  program: Executable,
  find = findSetpriv,
): { readonly program: Executable; readonly identity: { readonly uid?: number; readonly gid?: number } } {
  if (!user || user.uid === process.getuid?.()) return { program, identity: {} };
  const setpriv = hasFurtherGroups(user) ? find() : undefined;
  if (setpriv === undefined) return { program, identity: { uid: user.uid, gid: user.gid } };
  const change = [`--reuid=${user.uid}`, `--regid=${user.gid}`, `--groups=${groupsOf(user).join(',')}`, '--'];
  return {
    program: { file: setpriv, argv: ['setpriv', ...change, program.file, ...program.argv.slice(1)] },
    identity: {},
  };
}

export function hasFurtherGroups(user: Account): boolean {
  return groupsOf(user).length > 1;
}
