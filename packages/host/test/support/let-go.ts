import { createInterface } from 'node:readline';
import { FakeClock } from '@gateway-engine/testkit';
import { letGoOfUnusedPages } from '../../src/unused-pages.ts';

/** Answers each line with its number; with the second one it lets go of the pages it does not use. */
const clock = new FakeClock();
let lines = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  lines += 1;
  if (lines === 2) {
    letGoOfUnusedPages(clock);
    await clock.advance(10_000);
  }
  process.stdout.write(lines === 2 ? 'let go\n' : `${lines}\n`);
}
