import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import type { FaultPlan } from '../e2e/src/faults/fault.ts';

const root = join(import.meta.dirname, '..');
const places = ['packages/*/test/**/*.test.ts', 'e2e/test/*.test.ts', '{release,scripts}/test/**/*.test.ts'];

export interface PropertyReport {
  readonly rounds: number;
  readonly files: number;
  /** Tests that were run, in all rounds. */
  readonly tests: number;
  readonly failed: number;
  /** The first that failed. */
  readonly examples: readonly string[];
}

/** Runs every test file that has properties again and again, each time with other cases. */
export async function propertyRounds({ rounds, seed }: FaultPlan): Promise<PropertyReport> {
  const files = globSync(places, { cwd: root }).filter((file) =>
    readFileSync(join(root, file), 'utf8').includes("from 'fast-check'"),
  );
  if (files.length === 0) throw new Error('there is no test with properties');
  await using folder = await temporaryFolder();
  const outcome = join(folder.path, 'outcome.json');
  const examples: string[] = [];
  let tests = 0;
  let failed = 0;
  for (let round = 0; round < rounds; round++) {
    const { numTotalTests, failures } = runFiles(files, seed + round, outcome);
    tests += numTotalTests;
    failed += failures.length;
    examples.push(
      ...failures.map((failure) => `${failure} (seed ${seed + round})`).slice(0, 5 - examples.length),
    );
  }
  return { rounds, files: files.length, tests, failed, examples };
}

interface Outcome {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What fails is shown on stderr, too. */
function runFiles(files: readonly string[], seed: number, outcome: string) {
  rmSync(outcome, { force: true });
  const args = ['--project', 'packages', '--project', 'e2e', '--reporter', 'json', '--reporter', 'dot'];
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/vitest'),
    ['run', ...args, '--outputFile.json', outcome, ...files],
    { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, GWE_PROPERTY_SEED: String(seed) } },
  );
  const { numTotalTests, testResults } = JSON.parse(readFileSync(outcome, 'utf8')) as Outcome;
  const failures = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((each) => each.status !== 'passed')
      .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
  // A file that cannot be loaded, or an error outside of a test.
  if (status !== 0 && failures.length === 0) failures.push('a round failed, and none of its tests');
  return { numTotalTests, failures };
}
