import { glob, lstat, readdir } from 'node:fs/promises';
import { join, matchesGlob, normalize } from 'node:path';
import { BuildFileError } from './build-file.ts';

/**
 * The files and directories that `includes` name and `excludes` do not, relative to `directory`, sorted, directories
 * before what is in them. A directory is taken with everything in it. Throws BuildFileError for an include that names
 * nothing or something outside.
 */
export async function selectFiles(
  directory: string,
  patterns: { includes: readonly string[]; excludes: readonly string[] },
): Promise<string[]> {
  const selected = new Set<string>();
  for (const include of patterns.includes) {
    const matches = await matchesOf(directory, include);
    if (matches.length === 0) {
      throw new BuildFileError(
        `"includes" names ${JSON.stringify(include)}, which matches nothing in ${directory}`,
      );
    }
    for (const match of matches) await addTree(directory, match, patterns.excludes, selected);
  }
  return [...selected].sort(compareBytes);
}

async function matchesOf(directory: string, include: string): Promise<string[]> {
  const literal = normalize(include).replace(/\/$/, '');
  const found: string[] = [];
  if (await exists(join(directory, literal))) found.push(literal);
  else for await (const path of glob(include, { cwd: directory })) found.push(path);
  const paths = found.map((path) => normalize(path)).filter((path) => path !== '.' || include === '.');
  const outside = paths.find((path) => path.startsWith('/') || path.split('/')[0] === '..');
  if (outside !== undefined) {
    throw new BuildFileError(`"includes" names ${JSON.stringify(include)}, which is outside of ${directory}`);
  }
  return paths;
}

async function addTree(
  directory: string,
  path: string,
  excludes: readonly string[],
  selected: Set<string>,
): Promise<void> {
  if (isExcluded(path, excludes)) return;
  const found = await lstat(join(directory, path));
  if (path !== '.') selected.add(path);
  if (!found.isDirectory()) return;
  for (const name of await readdir(join(directory, path))) {
    await addTree(directory, join(path, name), excludes, selected);
  }
}

/** A pattern without a slash means that name anywhere, one with a slash the whole path or a directory above. */
function isExcluded(path: string, excludes: readonly string[]): boolean {
  const parts = path.split('/');
  const ancestors = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return excludes.some((exclude) => {
    const pattern = normalize(exclude).replace(/\/$/, '');
    const candidates = pattern.includes('/') ? ancestors : parts;
    return candidates.some((candidate) => candidate === pattern || matchesGlob(candidate, pattern));
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
