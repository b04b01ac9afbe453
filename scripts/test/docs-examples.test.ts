import { expect, test } from 'vitest';
import { listExamples, missingTests } from '../docs-examples.ts';

test('every command and program in a Markdown file is run by a test, or its page says why not', () => {
  const examples = listExamples();
  expect(examples.length).toBeGreaterThan(50);
  expect(examples.filter(({ outcome }) => outcome === undefined).map(({ place }) => place)).toEqual([]);
});

test('the examples that are not run stay few', () => {
  const left = listExamples().filter(({ outcome }) => outcome !== undefined && 'notRun' in outcome);
  // Before this bound is raised: can the example not be written so that a test can run it?
  expect(left.length).toBeLessThanOrEqual(4);
});

test('the tests that pages rely on are there', () => expect(missingTests()).toEqual([]));
