import { readFileSync } from 'node:fs';

/** The most open files that RLIMIT_NOFILE can allow to a program that runs as `uid` (as we do, without one). */
export function mostOpenFiles(uid: number | undefined): number {
  const root = process.getuid?.() === 0 && (uid ?? 0) === 0;
  if (root) return Number(readFileSync('/proc/sys/fs/nr_open', 'utf8'));
  // Only root raises a hard limit; ours is inherited.
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
