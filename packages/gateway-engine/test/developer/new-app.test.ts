import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackage, readBuildFile } from '@gateway-engine/app-package';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCommand } from '../../src/developer/new-app/new-command.ts';
import { templateFiles } from '../../src/developer/new-app/template-files.ts';
import { type TemplateName, templateList, templateNames } from '../../src/developer/new-app/template-list.ts';
import { homeLayout } from '../../src/home/layout.ts';

async function gweNew(...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  const console = { out: (line: string) => printed.push(line), err: () => {} };
  await newCommand(args, homeLayout('/nowhere'), console);
  return printed;
}

/** Without those whose build asks npm's registry for packages: the tests of the examples build these. */
const builtHere: [TemplateName, string, string][] = [
  ['shell', 'program', '1'],
  ['python', 'program', '1'],
  ['node', 'program', '1'],
  ['c', 'program', '1'],
  ['one-off', 'one-off', '1'],
  ['library', 'library', '1.0'],
  ['health', 'program', '1'],
];

describe('gwe new', () => {
  it.each(builtHere)(
    'makes an application from the template %s that is built as it is, a %s',
    async (...row) => {
      const [template, kind, version] = row;
      await using folder = await temporaryFolder();
      const app = join(folder.path, 'pump-watch');
      const printed = await gweNew('pump-watch', '--template', template, '--folder', app);
      expect(printed).toContain(`  gwe publish --product PRODUCT pump-watch.v${version}.tar.gz`);
      const { buildFile, unknownKeys } = await readBuildFile(join(app, 'gwe-buildfile.json'));
      expect(unknownKeys).toEqual([]);
      const { path, contents } = await buildPackage(buildFile, app);
      expect(path).toBe(join(app, `pump-watch.v${version}.tar.gz`));
      expect(contents.kind).toBe(kind);
    },
  );

  it('leaves nothing of the example and of the repository in what it makes', () => {
    const names = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,30}$/);
    fc.assert(
      fc.property(fc.constantFrom(...templateNames), names, (template, name) => {
        const { example } = templateList[template];
        fc.pre(!example.includes(name) && !name.includes(example));
        const files = templateFiles(template, name);
        for (const { path, text } of files) {
          expect(path).not.toContain(example);
          expect(text).not.toContain(example);
          expect(text).not.toMatch(/\.\.\/\.\.\/|npx gwe|\$schema/);
        }
        const buildFile = files.find(({ path }) => path === 'gwe-buildfile.json');
        expect(JSON.parse(buildFile?.text ?? '')).toMatchObject({ name });
        expect(files.find(({ path }) => path === 'README.md')?.text.startsWith(`# ${name}\n`)).toBe(true);
      }),
    );
  });

  it('says as JSON what it made, and keeps execute bits', async () => {
    await using folder = await temporaryFolder();
    const app = join(folder.path, 'apps', 'meter');
    const printed = await gweNew('meter', '-t', 'health', '-f', app, '--json');
    expect(JSON.parse(printed.join('\n'))).toEqual({
      app: 'meter',
      template: 'health',
      folder: app,
      files: expect.arrayContaining(['gwe.json', 'bin/check', 'bin/meter']),
      next: expect.arrayContaining(['gwe --build-app gwe-buildfile.json']),
    });
    expect((await stat(join(app, 'bin', 'meter'))).mode & 0o100).toBe(0o100);
    expect((await stat(join(app, 'gwe.json'))).mode & 0o111).toBe(0);
  });

  it('takes an empty folder, and refuses one that has something in it', async () => {
    await using folder = await temporaryFolder();
    const app = join(folder.path, 'meter');
    await mkdir(app);
    await gweNew('meter', '--folder', app);
    await writeFile(join(app, 'load.sh'), 'mine');
    await expect(gweNew('meter', '--folder', app)).rejects.toThrow(
      /meter exists already; name another folder/,
    );
    expect(await readFile(join(app, 'load.sh'), 'utf8')).toBe('mine');
    await writeFile(join(folder.path, 'file'), '');
    await expect(gweNew('meter', '--folder', join(folder.path, 'file'))).rejects.toThrow(/exists already/);
    // Nothing that was begun is left.
    expect((await readdir(folder.path)).sort()).toEqual(['file', 'meter']);
  });

  it('refuses names that no application may have, and templates that there are not', async () => {
    await expect(gweNew('my app')).rejects.toThrow(/letters, digits, hyphens/);
    await expect(gweNew('gmq')).rejects.toThrow(/a part of Gateway Engine/);
    await expect(gweNew('meter', '--template', 'cobol')).rejects.toThrow(/cobol.*shell, python/);
  });
});
