/** Lays out the Markdown files of the repository as the site wants them; the files themselves stay as a repository page reads them. */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { markdownFiles, repository } from '../scripts/docs-links.ts';
import { linksOf, titleOf } from '../scripts/docs-markdown.ts';

export const staged = join(import.meta.dirname, 'pages');

/** Folders of docs/ that hold no pages: shown in pages, or handed out as they are. */
const pictures = 'docs/pictures';
const schemas = 'docs/schemas';

/** Made by TypeDoc, and kept while the pages are laid out anew. */
export const modulePages = join(staged, 'public', 'api');

/** Where a Markdown file of the repository is on the site: docs/ is its root, a README the index of its folder. */
export function sitePath(path: string): string {
  if (path === 'README.md') return 'readme.md';
  const folder = path.startsWith('docs/') ? path.slice('docs/'.length) : path;
  return folder.replace(/(^|\/)README\.md$/, '$1index.md').toLowerCase();
}

export interface StagePlan {
  /** Markdown files that are pages of the site. */
  readonly pages: ReadonlySet<string>;
  /** Base address of the repository's files on the web, such as https://git.example/a/b/blob/main; else no links to them. */
  readonly sources: string | undefined;
  /** Whether the repository has a file or folder. */
  readonly exists: (path: string) => boolean;
}

/**
 * A page as the site has it: its links lead to pages of the site, to files in the repository on the web, or are plain
 * text; one that leads nowhere is left for VitePress to refuse. A line `<!-- on the site: TEXT -->` is TEXT there.
 */
export function stagePage(path: string, text: string, { pages, sources, exists }: StagePlan): string {
  let result = '';
  let done = 0;
  for (const { target, start, end, targetStart, label } of linksOf(text)) {
    // A picture within the label of a link was seen with the link.
    if (start < done || /^([a-z][a-z0-9+.-]*:|#)/i.test(target)) continue;
    const [file = '', anchor] = target.split('#', 2);
    const to = normalize(join(dirname(path), decodeURIComponent(file))).replace(/\/$/, '');
    if (!exists(to)) continue;
    const page = [to, `${to}/README.md`, `${to}/index.md`].find((one) => pages.has(one));
    const address = page === undefined ? fileAddress(path, to, sources) : relativeTo(path, sitePath(page));
    if (address !== undefined) {
      result += text.slice(done, targetStart) + address + (anchor === undefined ? '' : `#${anchor}`);
      done = targetStart + target.length;
    } else {
      result += text.slice(done, start) + (label ? text.slice(label.start, label.end) : '');
      done = end;
    }
  }
  const body = result + text.slice(done);
  const head = `---\neditLink: ${path.startsWith('docs/')}\n---\n\n`;
  return head + body.replace(/^<!-- on the site: (.*) -->$/gm, '$1');
}

function fileAddress(from: string, to: string, sources: string | undefined): string | undefined {
  if (to.startsWith(`${pictures}/`)) return relativeTo(from, to.slice('docs/'.length));
  // What is handed out as it is stands in the root of the site, to which VitePress adds the base.
  if (to.startsWith(`${schemas}/`)) return `/${to.slice('docs/'.length)}`;
  return sources === undefined ? undefined : `${sources}/${to}`;
}

function relativeTo(from: string, to: string): string {
  const path = relative(dirname(sitePath(from)), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Brings the pages of the site up to date, and touches no other. Gives the titles of docs/, by path without `.md`. */
export function stage(sources: string | undefined): Map<string, string> {
  const exists = (path: string) => existsSync(join(repository, path));
  const plan = { pages: new Set(markdownFiles()), sources, exists };
  const files = new Map<string, string | Buffer>();
  const titles = new Map<string, string>();
  for (const path of plan.pages) {
    const text = readFileSync(join(repository, path), 'utf8');
    files.set(sitePath(path), stagePage(path, text, plan));
    const title = titleOf(text);
    if (path.startsWith('docs/') && title) titles.set(path.slice('docs/'.length, -'.md'.length), title);
  }
  files.set('index.md', readFileSync(join(import.meta.dirname, '.vitepress', 'home.md'), 'utf8'));
  for (const path of globSync(`${pictures}/*.*`, { cwd: repository })) {
    files.set(path.slice('docs/'.length), readFileSync(join(repository, path)));
  }
  for (const path of globSync(`${schemas}/*.*`, { cwd: repository })) {
    files.set(join('public', path.slice('docs/'.length)), readFileSync(join(repository, path)));
  }
  write(files);
  return titles;
}

function write(files: ReadonlyMap<string, string | Buffer>): void {
  for (const path of globSync('**/*.*', { cwd: staged })) {
    if (!files.has(path) && !join(staged, path).startsWith(modulePages)) rmSync(join(staged, path));
  }
  for (const [path, content] of files) {
    const file = join(staged, path);
    const bytes = Buffer.from(content);
    // VitePress watches them: only what differs is a change.
    if (existsSync(file) && readFileSync(file).equals(bytes)) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
