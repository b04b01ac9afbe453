/** Fails when a link in a Markdown file of this repository leads nowhere. External links are listed with --external. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { headingsOf, linksOf } from './docs-markdown.ts';

export const repository = dirname(import.meta.dirname);

export interface LinkReport {
  /** What is wrong, a line each: where, what, and what would be right. */
  readonly problems: readonly string[];
  /** Addresses elsewhere, with the places that name them. Nobody asks the network about them here. */
  readonly external: ReadonlyMap<string, readonly string[]>;
  readonly links: number;
}

/** The Markdown files of the repository, as paths from its root. */
export function markdownFiles(root = repository): string[] {
  const ignored = ['node_modules', 'dist', 'build', '.demo', '.git', 'pages', '.ruff_cache'];
  return globSync('**/*.md', { cwd: root, exclude: (path) => ignored.includes(path.split('/').at(-1) ?? '') })
    .filter((path) => !path.startsWith('.'))
    .sort();
}

/** `pages`: path to text; `exists`: whether the repository has a file or folder of that path. */
export function checkLinks(
  pages: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): LinkReport {
  const anchors = new Map([...pages].map(([path, text]) => [path, anchorsOf(text)] as const));
  const external = new Map<string, string[]>();
  const problems: string[] = [];
  let links = 0;
  for (const [page, text] of pages) {
    for (const { target, line } of linksOf(text)) {
      links++;
      const place = `${page}:${line}`;
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
        external.set(target, [...(external.get(target) ?? []), place]);
        continue;
      }
      const problem = problemOf(page, target, anchors, exists);
      if (problem !== undefined) problems.push(`${place}: ${target} ${problem}`);
    }
  }
  return { problems, external, links };
}

function problemOf(
  page: string,
  target: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
  exists: (path: string) => boolean,
): string | undefined {
  const [file = '', anchor] = target.split('#', 2);
  if (file.startsWith('/')) return 'is absolute; write it relative to the page';
  const path =
    file === '' ? page : normalize(join(dirname(page), decodeURIComponent(file))).replace(/\/$/, '');
  if (path.startsWith('..')) return 'leads out of the repository';
  if (file !== '' && !exists(path)) return 'is not in the repository';
  if (anchor === undefined) return undefined;
  const known = anchors.get(path);
  if (known === undefined) return 'names a heading of what is no Markdown file';
  if (known.has(decodeURIComponent(anchor))) return undefined;
  return `names no heading of ${path}; it has ${[...known].map((one) => `#${one}`).join(' ')}`;
}

function anchorsOf(text: string): ReadonlySet<string> {
  const named = [...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map((found) => found[1] ?? '');
  return new Set([...headingsOf(text).map(({ anchor }) => anchor), ...named]);
}

export function checkRepository(root = repository): LinkReport {
  const pages = new Map(markdownFiles(root).map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  return checkLinks(pages, (path) => existsSync(join(root, path)));
}

if (import.meta.main) {
  const { problems, external, links } = checkRepository();
  if (process.argv.includes('--external')) {
    for (const [address, places] of external) process.stdout.write(`${address}  ${places.join(' ')}\n`);
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`${links} links, ${problems.length} of them lead nowhere\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
