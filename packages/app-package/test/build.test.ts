import { chmod, cp, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type BuildFile, parseBuildFile } from '../src/build-file.ts';
import {
  ArchiveError,
  BuildFileError,
  buildPackage,
  newBuildFile,
  readArchive,
  readBuildFile,
  writeBuildFile,
} from '../src/index.ts';

async function makeApp(directory: string): Promise<void> {
  await writeFile(join(directory, 'install.sh'), '#!/bin/sh\n');
  await chmod(join(directory, 'install.sh'), 0o755);
  await mkdir(join(directory, 'src', '__cache__'), { recursive: true });
  await writeFile(join(directory, 'src', 'main.sh'), 'echo main\n');
  await writeFile(join(directory, 'src', 'main.pyc'), 'x');
  await writeFile(join(directory, 'src', '__cache__', 'y'), 'y');
  await writeFile(join(directory, '@odd'), 'odd');
  await symlink('src/main.sh', join(directory, 'link'));
}

async function pathsIn(tarball: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const item of readArchive([await readFile(tarball)])) {
    if (item.kind === 'entry') paths.push(item.entry.path);
  }
  return paths;
}

const app = (changes: Partial<BuildFile> = {}): BuildFile => ({ ...newBuildFile('my_app', '1'), ...changes });

describe('building', () => {
  it('packs what globs include, without what is excluded, sorted', async () => {
    await using folder = await temporaryFolder();
    await makeApp(folder.path);
    const { path } = await buildPackage(
      app({ includes: ['*'], excludes: ['*.pyc', '__cache__/'] }),
      folder.path,
    );
    expect(path).toBe(join(folder.path, 'my_app.v1.tar.gz'));
    expect(await pathsIn(path)).toEqual(['@odd', 'install.sh', 'link', 'src', 'src/main.sh']);
  });

  it('gives the same bytes again, also elsewhere, at another time, beside the tarball of the last build', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    await makeApp(folder.path);
    const first = await buildPackage(app({ includes: ['*'] }), folder.path);
    const bytes = await readFile(first.path);
    await cp(folder.path, other.path, { recursive: true, verbatimSymlinks: true });
    await utimes(join(other.path, 'install.sh'), 1, 1);
    const second = await buildPackage(app({ includes: ['*'] }), other.path);
    expect(Buffer.compare(await readFile(second.path), bytes)).toBe(0);
  });

  it('runs the commands before and after packing, in the directory', async () => {
    await using folder = await temporaryFolder();
    await makeApp(folder.path);
    const { path } = await buildPackage(
      app({
        includes: ['install.sh', 'made'],
        pre_build_cmds: ['echo made > made; echo shown on standard error >&2'],
        post_build_cmds: ['rm made'],
      }),
      folder.path,
    );
    expect(await pathsIn(path)).toEqual(['install.sh', 'made']);
    expect(await readdir(folder.path)).not.toContain('made');
  });

  it('leaves no tarball when a command or the check fails, and still cleans up', async () => {
    await using folder = await temporaryFolder();
    await makeApp(folder.path);
    const before = await readdir(folder.path);
    await expect(buildPackage(app({ pre_build_cmds: ['exit 3'] }), folder.path)).rejects.toThrow(
      'exit status 3',
    );
    await chmod(join(folder.path, 'install.sh'), 0o644);
    const build = buildPackage(app({ pre_build_cmds: ['echo > t'], post_build_cmds: ['rm t'] }), folder.path);
    await expect(build).rejects.toBeInstanceOf(ArchiveError);
    expect(await readdir(folder.path)).toEqual(before);
  });

  it.each([['nowhere'], ['no*where'], ['../*'], ['/etc/hostname']])(
    'refuses to include %s',
    async (include) => {
      await using folder = await temporaryFolder();
      await makeApp(folder.path);
      const build = buildPackage(app({ includes: [include] }), join(folder.path, 'src'));
      await expect(build).rejects.toBeInstanceOf(BuildFileError);
    },
  );
});

describe('a build file', () => {
  it('is read back as it was written', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gwe-buildfile.json');
    await writeBuildFile(file, newBuildFile('my_app', '1'));
    expect(await readBuildFile(file)).toEqual({ buildFile: newBuildFile('my_app', '1'), unknownKeys: [] });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      name: 'my_app',
      version: '1',
      includes: ['install.sh'],
      excludes: [],
      pre_build_cmds: [],
      post_build_cmds: [],
    });
  });

  it.each([
    ['not json', 'is not JSON'],
    ['[]', 'must be a JSON object'],
    ['{}', '"name" must be a string'],
    ['{"name":"my app","version":"1","includes":["x"]}', '"name" an application name has letters'],
    ['{"name":"a","version":1,"includes":["x"]}', '"version" must be a string'],
    ['{"name":"a","version":"","includes":["x"]}', '"version" the version is empty'],
    ['{"name":"a","version":"1","includes":"x"}', '"includes" must be a list of strings'],
    ['{"name":"a","version":"1","includes":[]}', '"includes" names no file to pack'],
    ['{"name":"a","version":"1","includes":["x",1]}', '"includes[1]" must be a string'],
  ])('%s is refused: %s', (text, problem) => {
    expect(() => parseBuildFile(text, 'b.json')).toThrow(BuildFileError);
    expect(() => parseBuildFile(text, 'b.json')).toThrow(problem);
  });

  it('may leave out the optional lists, and names keys it does not know', () => {
    const { buildFile, unknownKeys } = parseBuildFile(
      '{"name":"a","version":"1","includes":["x"],"exclude":["y"]}',
      'b.json',
    );
    expect(buildFile).toEqual({ ...newBuildFile('a', '1'), includes: ['x'] });
    expect(unknownKeys).toEqual(['exclude']);
  });

  it('that cannot be read is an error that says so', async () => {
    await expect(readBuildFile('/nowhere/b.json')).rejects.toThrow(
      'cannot read the build file /nowhere/b.json',
    );
  });
});
