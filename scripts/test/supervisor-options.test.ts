import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeOptionsPage, optionsPage } from '../supervisor-options.ts';

test('docs/supervisor-options.md is what the list of options says (else run scripts/supervisor-options.ts)', () => {
  expect(readFileSync(optionsPage, 'utf8')).toBe(makeOptionsPage());
});
