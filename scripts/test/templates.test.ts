import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeTemplates, templatesFile } from '../templates.ts';

test('the templates of gwe new are what examples/ has (else run scripts/templates.ts)', () => {
  expect(readFileSync(templatesFile, 'utf8') === makeTemplates()).toBe(true);
});
