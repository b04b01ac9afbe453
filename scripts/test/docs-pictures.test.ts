import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../docs-links.ts';
import { drawnPictures } from '../docs-pictures/drawn.ts';
import { sequencePicture } from '../docs-pictures/sequence.ts';

const folder = join(repository, 'docs', 'pictures');

test.each(Object.entries(drawnPictures))(
  'docs/pictures/%s is as it is drawn now (else run npm run docs:pictures)',
  (name, draw) => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(draw());
  },
);

test('no picture has more than 150 kB, and each is shown in a page', () => {
  const pictures = globSync('*', { cwd: folder });
  expect(pictures.filter((name) => statSync(join(folder, name)).size > 150_000)).toEqual([]);
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: repository }).map((path) =>
    readFileSync(join(repository, path), 'utf8'),
  );
  expect(pictures.filter((name) => !pages.some((page) => page.includes(`pictures/${name}`)))).toEqual([]);
});

test('a step between parts that are not in the picture is refused', () => {
  const steps = [{ from: 'a', to: 'c', says: 'hello' }];
  expect(() => sequencePicture({ title: 'T', description: 'D', parts: [['a', '']], steps })).toThrow(
    '"c" is no part',
  );
});

test('what is written in a picture cannot end its markup', () => {
  const steps = [{ from: 'a', says: '<b> & "c"' }];
  const picture = sequencePicture({ title: 'T', description: 'D', parts: [['a', '']], steps });
  expect(picture).toContain('1. &lt;b&gt; &amp; &quot;c&quot;');
});
