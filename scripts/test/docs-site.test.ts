import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { navigation, sidebarOf } from '../../site/navigation.ts';
import { sitePath, stagePage } from '../../site/stage.ts';
import { repository } from '../docs-links.ts';
import { titleOf } from '../docs-markdown.ts';

const docs = join(repository, 'docs');
const titles = new Map(
  globSync('**/*.md', { cwd: docs }).map((path) => [
    path.slice(0, -3),
    titleOf(readFileSync(join(docs, path), 'utf8')) ?? '',
  ]),
);

test('every page has a title, and a place in the sidebar (else put it into site/navigation.ts)', () => {
  expect([...titles].filter(([, title]) => title === '')).toEqual([]);
  const links = sidebarOf(titles).flatMap(({ items }) => items.map(({ link }) => link.slice(1)));
  const missing = [...titles.keys()].filter(
    (page) => !links.includes(page.replace(/(^|\/)(README|index)$/, '$1')),
  );
  expect(missing).toEqual([]);
  expect(new Set(links).size).toBe(links.length);
});

test('the first page leads to pages that are there', () => {
  const home = readFileSync(join(repository, 'site', '.vitepress', 'home.md'), 'utf8');
  const links = [...home.matchAll(/link: \/(\S+)/g)].map((found) => found[1] ?? '');
  expect(links.filter((page) => !titles.has(page))).toEqual([]);
});

test('a group of a folder has all its pages, the introduction first', () => {
  const group = navigation.find((one) => 'folder' in one && one.folder === 'adr');
  const pages = new Map(['adr/0002-b', 'adr/0001-a', 'adr/README'].map((page) => [page, `title of ${page}`]));
  expect(sidebarOf(pages)).toEqual([
    {
      text: group?.title,
      collapsed: true,
      items: [
        { text: 'title of adr/README', link: '/adr/' },
        { text: 'title of adr/0001-a', link: '/adr/0001-a' },
        { text: 'title of adr/0002-b', link: '/adr/0002-b' },
      ],
    },
  ]);
});

const plan = {
  pages: new Set(['README.md', 'docs/a.md', 'docs/adr/0001-x.md', 'examples/e/README.md', 'CONTRIBUTING.md']),
  sources: undefined,
  exists: (path: string) => !path.includes('missing'),
};
const body = (page: string) => page.replace(/^---[\s\S]*?---\n\n/, '');

test.each([
  ['docs/a.md', '[x](adr/0001-x.md#why)', '[x](./adr/0001-x.md#why)'],
  ['docs/adr/0001-x.md', '[x](../a.md)', '[x](../a.md)'],
  ['docs/a.md', '[x](../CONTRIBUTING.md) [y](../README.md)', '[x](./contributing.md) [y](./readme.md)'],
  ['docs/a.md', '[x](../examples/e/)', '[x](./examples/e/index.md)'],
  ['README.md', '[x](docs/a.md)', '[x](./a.md)'],
  ['examples/e/README.md', '[x](../../docs/a.md#b)', '[x](../../a.md#b)'],
  ['docs/a.md', '![p](pictures/p.svg)', '![p](./pictures/p.svg)'],
  ['docs/a.md', '[x](schemas/gwe.schema.json)', '[x](/schemas/gwe.schema.json)'],
  ['docs/a.md', '[x](https://y.example/z) [y](#here)', '[x](https://y.example/z) [y](#here)'],
  ['docs/a.md', 'see [`main.ts`](../packages/x/src/main.ts).', 'see `main.ts`.'],
  ['docs/a.md', '[x](missing.md)', '[x](missing.md)'],
  ['docs/a.md', '`[x](../README.md)`', '`[x](../README.md)`'],
  ['docs/a.md', 'a\n<!-- on the site: [x](./api/) -->', 'a\n[x](./api/)'],
  ['docs/a.md', '`<!-- on the site: x -->`', '`<!-- on the site: x -->`'],
])('of %s, %j is %j on the site', (path, text, expected) => {
  expect(body(stagePage(path, text, plan))).toBe(expected);
});

test('where the address of the repository is known, links to sources lead there', () => {
  const page = stagePage('docs/a.md', '[x](../packages/x/src/main.ts)', {
    ...plan,
    sources: 'https://git.example/r/blob/main',
  });
  expect(body(page)).toBe('[x](https://git.example/r/blob/main/packages/x/src/main.ts)');
});

test('the pages of docs/ are the root of the site', () => {
  expect(sitePath('docs/a.md')).toBe('a.md');
  expect(sitePath('docs/contributing/README.md')).toBe('contributing/index.md');
  expect(sitePath('CONTRIBUTING.md')).toBe('contributing.md');
  expect(existsSync(join(repository, 'docs', 'readme.md'))).toBe(false);
});
