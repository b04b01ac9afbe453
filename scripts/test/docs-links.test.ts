import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLinks, checkRepository, markdownFiles, repository } from '../docs-links.ts';
import { headingsOf, linksOf, slugOf, strayMarkup, withoutCode } from '../docs-markdown.ts';

test('every link in the Markdown files of the repository leads to a file and a heading', () => {
  const { problems, links } = checkRepository();
  expect(problems).toEqual([]);
  expect(links).toBeGreaterThan(100);
});

const pages = new Map([
  [
    'docs/a.md',
    '# A\n\n[b](b.md#two-words) [same](#a) [up](../README.md) [folder](adr/) [out](https://x.example/y)\n',
  ],
  ['docs/b.md', '# B\n\n## Two words\n\n## `[two]` words\n\n## Two words\n'],
  ['README.md', '# R\n'],
]);
const exists = (path: string) => pages.has(path) || path === 'docs/adr';

test('links to files, headings and folders are found; those elsewhere are only listed', () => {
  const { problems, external } = checkLinks(pages, exists);
  expect(problems).toEqual([]);
  expect([...external]).toEqual([['https://x.example/y', ['docs/a.md:3']]]);
});

test.each([
  ['[x](c.md)', 'docs/p.md:1: c.md is not in the repository'],
  [
    'text\n[x](b.md#three)',
    'docs/p.md:2: b.md#three names no heading of docs/b.md; it has #b #two-words #two-words-1 #two-words-2',
  ],
  ['[x](#none)', 'docs/p.md:1: #none names no heading of docs/p.md; it has '],
  ['[x](../../y.md)', 'docs/p.md:1: ../../y.md leads out of the repository'],
  ['[x](/docs/a.md)', 'docs/p.md:1: /docs/a.md is absolute; write it relative to the page'],
  ['![picture](p.svg)', 'docs/p.md:1: p.svg is not in the repository'],
  ['[x][1]\n\n[1]: d.md', 'docs/p.md:3: d.md is not in the repository'],
  ['<img src="e.png">', 'docs/p.md:1: e.png is not in the repository'],
  ['[![badge](f.svg)](a.md)', 'docs/p.md:1: f.svg is not in the repository'],
])('%j is a link that leads nowhere', (text, problem) => {
  const { problems } = checkLinks(new Map([...pages, ['docs/p.md', text]]), exists);
  expect(problems).toEqual([problem]);
});

test('what looks like a link in code or a comment is none', () => {
  const text =
    '`[x](y)`\n\n```sh\n[x](y)\n```\n\n- a\n\n  ~~~\n  [x](y)\n  ~~~\n<!-- [x](y) -->\n``[x](y) ` ``\n';
  expect(linksOf(text)).toEqual([]);
});

test('a link says where its label and its target stand', () => {
  const text = 'See [the `gwe` page](gwe.md#a "title").';
  const [link] = linksOf(text);
  expect(text.slice(link?.label?.start, link?.label?.end)).toBe('the `gwe` page');
  expect(text.slice(link?.targetStart).startsWith('gwe.md#a')).toBe(true);
  expect(text.slice(link?.start, link?.end)).toBe('[the `gwe` page](gwe.md#a "title")');
});

test('a comment in a shell example is no heading', () => {
  expect(headingsOf('# A\n\n```sh\n# not one\n```\n\n## B\n').map(({ text }) => text)).toEqual(['A', 'B']);
});

test.each([
  ['gwe status', 'gwe-status'],
  ["What's `[unix_http_server]`?", 'whats-unix_http_server'],
  ['Version 3 fails and is rolled back', 'version-3-fails-and-is-rolled-back'],
])('the anchor of %j is %s', (heading, anchor) => expect(slugOf(heading)).toBe(anchor));

test('blanking code keeps every offset and every line', () => {
  const piece = fc.constantFrom(
    '`',
    '```',
    '~~~',
    '\n',
    '\n\n',
    '<!--',
    '-->',
    ' ',
    'a',
    '[',
    '](',
    ')',
    '# ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const blanked = withoutCode(text);
      expect(blanked).toHaveLength(text.length);
      expect(blanked.split('\n')).toHaveLength(text.split('\n').length);
      for (const link of linksOf(text)) {
        expect(text.slice(link.targetStart, link.targetStart + link.target.length)).toBe(link.target);
      }
    }),
  );
});

test('no Markdown file has markup where code was meant', () => {
  const found = markdownFiles().flatMap((path) =>
    strayMarkup(readFileSync(join(repository, path), 'utf8')).map(
      ({ line, tag }) => `${path}:${line}: ${tag}`,
    ),
  );
  expect(found).toEqual([]);
});

test('markup is what browsers know; a placeholder, unless in code, is stray', () => {
  expect(strayMarkup('a<br>b `<APP>` <https://x.example> 1 < 2\n<APP> is')).toEqual([
    { line: 2, tag: '<APP>' },
  ]);
});
