import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../docs-links.ts';

const lines = (page: string) => readFileSync(join(repository, 'docs', page), 'utf8').split('\n');
const rows = (page: string) => lines(page).filter((line) => line.startsWith('| '));
const numbers = (text: string) =>
  Array.from(text.matchAll(/\d[\d,]*(?:\.\d+)?/g), ([number]) => number.replaceAll(',', ''));
const cells = (row: string) => row.slice(2).split(' | ');

/** Whether a figure, which may be rounded, is among what was measured. */
function mustBeMeasured(figure: string, measured: readonly string[]): void {
  const decimals = figure.split('.')[1]?.length ?? 0;
  expect(measured.map((number) => Number(number).toFixed(decimals))).toContain(figure);
}

/** Rows of Sizing that name a row of Performance: *the row's name*, and on which runtime. */
const cited = rows('sizing.md').flatMap((row) => {
  const [what = '', figure = '', ...source] = cells(row);
  const [, name] = /\*([^*]+)\*/.exec(source.join() || figure) ?? [];
  return name === undefined ? [] : [{ what, figure, name, row }];
});

test('Sizing names rows of Performance', () => expect(cited.length).toBeGreaterThanOrEqual(8));

test.each(cited)('the figure for "$what" is that of Performance', ({ figure, name, row }) => {
  const measured = rows('performance.md')
    .filter((each) => each.includes(name) && (!/compiled|Bun/.test(row) || each.includes('Bun')))
    .flatMap((each) => numbers(cells(each).slice(1).join(' ')));
  mustBeMeasured(numbers(figure.replace(/^.*\btakes /, ''))[0] ?? '', measured);
});

const compared = Array.from(
  lines('compared-with.md')
    .join(' ')
    .matchAll(/([\d.,]+)(?: [A-Za-z/]+)? against ([\d.,]*\d)/g),
  ([pair, ours = '', theirs = '']) => ({
    pair,
    figures: [ours, theirs].map((each) => each.replaceAll(',', '')),
  }),
);

test('Compared with has figures of Performance', () => expect(compared.length).toBeGreaterThanOrEqual(4));

test.each(compared)('$pair is what was measured', ({ figures }) => {
  const measured = rows('performance.md').flatMap((row) => numbers(cells(row).slice(1).join(' ')));
  for (const figure of figures) mustBeMeasured(figure, measured);
});
