import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../docs-links.ts';

const lines = (page: string) => readFileSync(join(repository, 'docs', page), 'utf8').split('\n');
const rows = (page: string) => lines(page).filter((line) => line.startsWith('| '));
const numbers = (text: string) =>
  Array.from(text.matchAll(/\d[\d,]*(?:\.\d+)?/g), ([number]) => number.replaceAll(',', ''));
const cells = (row: string) => row.slice(2).split(' | ');

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
  // Sizing may round.
  const [first = ''] = numbers(figure.replace(/^.*\btakes /, ''));
  const decimals = first.split('.')[1]?.length ?? 0;
  expect(measured.map((number) => Number(number).toFixed(decimals))).toContain(first);
});
