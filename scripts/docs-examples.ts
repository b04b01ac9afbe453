/** Lists the commands and programs in the documentation: which test runs them, and which are not run, and why. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesGlob } from 'node:path/posix';
import {
  cleanSystemTest,
  type Example,
  ownGatewayTest,
  parseExamples,
  type TestedPages,
  testedPages,
} from '../e2e/src/documented-examples.ts';
import { markdownFiles, repository } from './docs-links.ts';

export interface ListedExample {
  readonly place: string;
  readonly text: string;
  /**
   * The test that runs it as it is written; or that other tests do the same, as the page says; or why none does.
   * Undefined: nobody has said.
   */
  readonly outcome:
    | { readonly test: string }
    | { readonly elsewhere: string }
    | { readonly notRun: string }
    | undefined;
}

const runnable = ['sh', 'bash', 'ts', 'js', 'python'];

/** Every block of a language that could be run, of every Markdown file. */
export function listExamples(root = repository): ListedExample[] {
  return markdownFiles(root).flatMap((path) => {
    const tested = testedPages.find(({ pages }) => pages.some((page) => matchesGlob(path, page)));
    return parseExamples(readFileSync(join(root, path), 'utf8'), path)
      .filter(({ language }) => runnable.includes(language))
      .map((example) => listed(example, tested));
  });
}

function listed(
  { place, text, notRun, ownGateway, cleanSystem }: Example,
  tested: TestedPages | undefined,
): ListedExample {
  if (ownGateway) return { place, text, outcome: { test: ownGatewayTest } };
  if (cleanSystem) return { place, text, outcome: { test: cleanSystemTest } };
  // Such as: a test of its own does this.
  if (notRun !== undefined && /\btests?\b/.test(notRun))
    return { place, text, outcome: { elsewhere: notRun } };
  if (notRun !== undefined) return { place, text, outcome: { notRun } };
  if (tested === undefined) return { place, text, outcome: undefined };
  const { test, exactly } = tested;
  return {
    place,
    text,
    outcome: exactly ? { test } : { elsewhere: `e2e/test/${test}.test.ts does the same` },
  };
}

/** Names of tests that the list of pages gives and that are not there. */
export function missingTests(root = repository): string[] {
  return testedPages
    .map(({ test }) => `e2e/test/${test}.test.ts`)
    .filter((path) => !existsSync(join(root, path)));
}

if (import.meta.main) {
  const examples = listExamples();
  const counts = { exactly: 0, elsewhere: 0, not: 0 };
  for (const { place, text, outcome } of examples) {
    if (outcome !== undefined && 'test' in outcome) counts.exactly++;
    else {
      const isElsewhere = outcome !== undefined && 'elsewhere' in outcome;
      counts[isElsewhere ? 'elsewhere' : 'not']++;
      const why = isElsewhere ? outcome.elsewhere : (outcome?.notRun ?? 'NOBODY HAS SAID WHY');
      process.stdout.write(`${place}: ${why}\n    ${text.split('\n').join('\n    ')}\n`);
    }
  }
  process.stdout.write(
    `${examples.length} examples: ${counts.exactly} are run as they are written, ${counts.elsewhere} done by other tests, ${counts.not} not run\n`,
  );
}
