import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { describe, expect, test } from 'vitest';
import { parseExamples, shellScript } from '../../e2e/src/documented-examples.ts';
import { templateList } from '../../packages/gateway-engine/src/developer/new-app/template-list.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const names = globSync('*/README.md', { cwd: folder }).map(dirname).sort();

describe.each(names)('the page of the example %s', (name) => {
  const page = read(name, 'README.md');

  test('begins with its name, and is a page', () => {
    expect(page.split('\n')[0]).toBe(`# ${name}`);
    expect(page.split('\n').length).toBeLessThan(60);
  });

  test('names every file of the package', () => {
    const built = globSync('**/*', {
      cwd: join(folder, name),
      withFileTypes: true,
      exclude: (entry) => ['node_modules', 'dist'].includes(entry.name) || entry.name.endsWith('.tar.gz'),
    });
    const ignored = ['README.md', 'package-lock.json', name];
    const files = built.filter((entry) => entry.isFile() && !ignored.includes(entry.name));
    expect(files).not.toHaveLength(0);
    const said = [...page.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words);
    for (const entry of files) {
      const path = join(entry.parentPath, entry.name).slice(join(folder, name).length + 1);
      // A folder of sources stands for what is in it.
      const known = path.startsWith('src/') ? ['src/'] : [path, entry.name];
      expect(
        said.some((words) => words !== undefined && known.includes(words)),
        path,
      ).toBe(true);
    }
  });

  test('has commands that a shell can read, about tarballs that are built here', async () => {
    const blocks = parseExamples(page, `examples/${name}/README.md`).filter(
      ({ language }) => language === 'sh',
    );
    expect(blocks).not.toHaveLength(0);
    expect(await runToEnd('sh', ['-nc', shellScript(blocks)])).toMatchObject({ exitCode: 0 });
    const tarballs = globSync(['*/**/gwe-buildfile*.json', '../clients/python/gwe-buildfile.json'], {
      cwd: folder,
      exclude: (path) => path.endsWith('node_modules'),
    }).map((path) => {
      const { name: app, version } = JSON.parse(read(path)) as { name: string; version: string };
      return `${app}.v${version}.tar.gz`;
    });
    const named = [...page.matchAll(/[\w-]+\.v[\w.-]+?\.tar\.gz/g)].map(([tarball]) => tarball);
    // The version that is made by hand, to see it being rolled back.
    expect([...tarballs, 'disk-watch.v2.tar.gz']).toEqual(expect.arrayContaining(named));
    expect(named).not.toHaveLength(0);
  });
});

test('the list of the examples names all of them, each with the template that is made from it', () => {
  const rows = [
    ...read('README.md').matchAll(/^\| \[([\w-]+)\]\(\1\/README\.md\) \|.*\| (?:`([\w-]+)`)? ?\|$/gm),
  ];
  expect(rows.map(([, name]) => name).sort()).toEqual(names);
  const templates = rows.filter(([, , template]) => template !== undefined);
  expect(Object.fromEntries(templates.map(([, name, template]) => [template, name]))).toEqual(
    Object.fromEntries(Object.entries(templateList).map(([template, { example }]) => [template, example])),
  );
});
