import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, outcome } from './check.ts';
import { git } from './tracked-files.ts';

/** Where `npm test` writes how its last whole run ended. */
export const lastTestsFile = 'node_modules/.cache/last-tests.json';

export interface LastTests {
  readonly commit: string;
  /** Whether nothing was uncommitted. */
  readonly clean: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly at: string;
}

const again = 'run npm test on the commit that is to be released';

export const testsPassed: Check = {
  name: 'all tests passed on this commit',
  run: ({ root }) => {
    const last = readLast(root);
    if (!last) return outcome([`there is no whole run in ${lastTestsFile}`], '', again);
    const head = git(root, 'rev-parse', 'HEAD');
    const problems = [
      ...(last.failed > 0 ? [`${last.failed} failed in the last run (${last.at})`] : []),
      ...(last.commit === head
        ? []
        : [`the last run (${last.at}) was on ${last.commit.slice(0, 7)}, this is ${head.slice(0, 7)}`]),
      ...(last.clean ? [] : [`in the last run (${last.at}) something was not committed`]),
    ];
    return outcome(problems, `${last.passed} passed, ${last.at}`, again);
  },
};

function readLast(root: string): LastTests | undefined {
  try {
    return JSON.parse(readFileSync(join(root, lastTestsFile), 'utf8')) as LastTests;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
