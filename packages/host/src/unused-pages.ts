import { readFileSync, realpathSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { loadForeignCalls } from './foreign-calls.ts';

const dontNeed = 4; // MADV_DONTNEED
/** The garbage collector works on for a while. */
const beforeMs = 2_000;
const everyMs = 60_000;

interface Range {
  readonly start: number;
  readonly length: number;
}

/**
 * Lets go of the executable's pages that are in memory since the start or some rare work: most of what a runtime
 * occupies, and nothing that an idle daemon needs. Those that are needed after all come back from the kernel's
 * cache of the file. Does nothing where the C library cannot be called. It is done at once, when the garbage of the start
 * has been collected, which is to be over after `firstAfterMs`, and then each minute.
 */
export function letGoOfUnusedPages(clock: Clock, firstAfterMs = 10_000): { stop(): void } {
  const calls = loadForeignCalls({ madvise: { takes: ['u64', 'u64', 'i32'], gives: 'i32' } });
  const ranges = calls ? unchangedRanges(readIfPossible('/proc/self/smaps'), executable()) : [];
  let timer: { cancel(): void } | undefined;
  const letGo = () => {
    for (const { start, length } of ranges) calls?.madvise(start, length, dontNeed);
  };
  const wait = (ms: number) => {
    timer = clock.after(ms, () => {
      letGo();
      wait(everyMs);
    });
  };
  if (ranges.length > 0) {
    letGo();
    timer = clock.after(Math.max(0, firstAfterMs - beforeMs), () => {
      collectGarbage();
      wait(beforeMs);
    });
  }
  return { stop: () => timer?.cancel() };
}

/** Where a file is mapped and can only be read: such a page is the file's, so that nothing is lost with it. */
export function unchangedRanges(smaps: string, file: string): Range[] {
  const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +(.*)\n(?:[A-Z].*\n)*?Anonymous: +0 kB$/gm;
  return [...smaps.matchAll(mapping)].flatMap(([, start = '', end = '', path]) =>
    path === file
      ? [{ start: Number.parseInt(start, 16), length: Number.parseInt(end, 16) - Number.parseInt(start, 16) }]
      : [],
  );
}

/** Bun does that by itself bit by bit, for minutes; Node.js does it well. */
function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: { gc(now: boolean): void; shrink(): void } };
  Bun?.gc(true);
  Bun?.shrink();
}

function executable(): string {
  return realpathSync('/proc/self/exe');
}

function readIfPossible(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // A kernel without it, or a locked down one: then there is nothing to let go of.
    return '';
  }
}
