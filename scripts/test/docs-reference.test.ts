import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { repository } from '../docs-links.ts';
import { errorsOf, gather, gatherRepository } from '../docs-reference/error-codes.ts';
import { unexplained } from '../docs-reference/errors-page.ts';
import { shapesOf } from '../docs-reference/shapes.ts';
import { table } from '../docs-reference/table.ts';
import { referencePage, referencePages } from '../docs-reference.ts';

test.each(Object.entries(referencePages))(
  'docs/%s is what the sources say (else run npm run docs:reference)',
  async (name, make) => {
    expect(readFileSync(referencePage(name), 'utf8')).toBe(await make());
  },
);

test('every class of errors has a literal code, and every code is explained in scripts/docs-reference/errors.json', () => {
  const { codes, problems } = gatherRepository(repository);
  expect(problems).toEqual([]);
  expect(unexplained(codes)).toEqual({ missing: [], superfluous: [] });
});

const source = `
type Kind = 'ONE' | 'TWO';
export class Plain extends Error { readonly code = 'PLAIN'; }
export class Many extends Error { readonly code: Kind; }
export class Either extends Error { readonly code: 'LEFT' | 'RIGHT'; }
export class Sub extends Plain { readonly exitCode = 2; }
export class Without extends Error {}
export class Other extends Map {}
export const make = () => Object.assign(new TypeError('x'), { code: 'GIVEN' });
`;

test('codes are found in values, in types, in aliases of types, and where an error is given one', () => {
  const { codes, problems } = gather([errorsOf('packages/p/src/a.ts', source)]);
  expect(codes).toEqual([
    { workspace: 'p', code: 'GIVEN', classes: [] },
    { workspace: 'p', code: 'LEFT', classes: ['Either'] },
    { workspace: 'p', code: 'ONE', classes: ['Many'] },
    { workspace: 'p', code: 'PLAIN', classes: ['Plain'] },
    { workspace: 'p', code: 'RIGHT', classes: ['Either'] },
    { workspace: 'p', code: 'TWO', classes: ['Many'] },
  ]);
  expect(problems).toEqual(['packages/p/src/a.ts: the class Without has no literal code']);
});

test('a code without an explanation is missing, an explanation without a code is superfluous', () => {
  const { codes } = gather([
    errorsOf('packages/p/src/a.ts', "class A extends Error { readonly code = 'A'; }"),
  ]);
  expect(unexplained(codes, { p: { B: ['', ''] } })).toEqual({ missing: ['p A'], superfluous: ['p B'] });
});

test('the keys of a report are named with their types and comments', () => {
  const text = `
/** What it is. */
export interface Report {
  /** Bytes that are
   *  used. */
  readonly used: number;
  readonly by?: Readonly<Record<string, User>>;
}`;
  expect(shapesOf('r.ts', text).get('Report')).toEqual({
    name: 'Report',
    comment: 'What it is.',
    fields: [
      { name: 'used', type: 'number', optional: false, comment: 'Bytes that are used.' },
      { name: 'by', type: '{ [name]: User }', optional: true, comment: '' },
    ],
  });
});

test('a bar ends no cell, and an angle bracket outside of code is no markup', () => {
  expect(table(['A'], [['a | b `c<d>` <e>']])).toBe('| A |\n| --- |\n| a \\| b `c<d>` &lt;e> |');
});
