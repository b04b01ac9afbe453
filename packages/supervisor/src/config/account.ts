import { readFileSync } from 'node:fs';
import { ValueError } from './config-error.ts';

/** Whom a program runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account with this name or number in /etc/passwd. */
export function parseAccount(text: string): Account {
  const wanted = text.trim();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name !== undefined && (name === wanted || uid === wanted))
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new ValueError(`there is no user ${wanted} in /etc/passwd`);
}

/** The groups of an account: its own first, then those that list it. */
export function groupsOf(account: Account): number[] {
  const groups = [account.gid];
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , gid, members = ''] = line.split(':');
    if (name !== undefined && Number(gid) !== account.gid && members.split(',').includes(account.name))
      groups.push(Number(gid));
  }
  return groups;
}

/** `user` or `user:group`, by name or number; without a group, `gid` is undefined. */
export function parseOwner(text: string): { uid: number; gid: number | undefined } {
  const [user = '', group] = text.split(':');
  return { uid: parseAccount(user).uid, gid: group === undefined ? undefined : groupId(group) };
}

function groupId(text: string): number {
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , gid] = line.split(':');
    if (name === text || gid === text) return Number(gid);
  }
  throw new ValueError(`there is no group ${text} in /etc/group`);
}
