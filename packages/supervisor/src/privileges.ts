import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describeError } from '@gateway-engine/host';
import { type Account, groupsOf } from './config/account.ts';
import { ConfigError } from './config/config-error.ts';

/** Becomes this user, with all groups of it, for good. Gives what there is to tell about it. */
export function becomeUser(user: Account): string[] {
  if (process.getuid?.() === user.uid) return [];
  if (process.getuid?.() !== 0)
    throw new ConfigError(
      `[supervisord] user: only root can become ${user.name}; start the supervisor as root or as ${user.name}`,
    );
  if (!process.setgroups || !process.setgid || !process.setuid)
    throw new ConfigError(
      `[supervisord] user: this executable cannot change its user; start it as ${user.name}`,
    );
  process.setgroups(groupsOf(user));
  process.setgid(user.gid);
  process.setuid(user.uid);
  return [`Set uid to user ${user.uid} succeeded`];
}

const needs = [
  { name: 'Max open files', option: 'minfds', flag: '--nofile', what: 'open files' },
  { name: 'Max processes', option: 'minprocs', flag: '--nproc', what: 'processes' },
] as const;

/**
 * Sees to it that the supervisor may open `minfds` files and its user may have `minprocs` processes: raises the limits
 * where they are lower, and refuses to start where it may not.
 */
export function ensureResources(least: { readonly minfds: number; readonly minprocs: number }): string[] {
  const notices: string[] = [];
  const limits = readFileSync('/proc/self/limits', 'utf8');
  for (const { name, option, flag, what } of needs) {
    const wanted = least[option];
    const { soft, hard } = limitOf(limits, name);
    if (soft >= wanted) continue;
    try {
      const highest = Math.max(hard, wanted);
      // Node.js cannot set a limit of its own process.
      execFileSync(
        'prlimit',
        [
          '--pid',
          String(process.pid),
          `${flag}=${wanted}:${highest === Number.POSITIVE_INFINITY ? 'unlimited' : highest}`,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
    } catch (cause) {
      throw new ConfigError(
        `[supervisord] ${option}: ${wanted} ${what} are needed and only ${hard} are allowed here; raise that limit (ulimit) or lower ${option} (${describeError(cause)})`,
        { cause },
      );
    }
    notices.push(`Increased the limit of ${what} to ${wanted}`);
  }
  return notices;
}

/** A line of /proc/PID/limits. */
export function limitOf(limits: string, name: string): { soft: number; hard: number } {
  const line = limits.split('\n').find((candidate) => candidate.startsWith(name));
  const [soft, hard] = (line ?? '').slice(name.length).trim().split(/\s+/);
  const number = (text: string | undefined) =>
    text === undefined || text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
  return { soft: number(soft), hard: number(hard) };
}
