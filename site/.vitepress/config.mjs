import { watch } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';

// Imported by Node.js itself: the esbuild that bundles this file is too old for the settings of the repository's TypeScript.
const own = (path) => import(new URL(path, import.meta.url).href);
const { slugOf } = await own('../../scripts/docs-markdown.ts');
const { sidebarOf } = await own('../navigation.ts');
const { stage } = await own('../stage.ts');

/** Address of the repository on the web, such as https://git.example/owner/name; without it pages have no edit links. */
const repository = process.env.DOCS_REPOSITORY?.replace(/\/$/, '');
const layOut = () => stage(repository && `${repository}/blob/main`);
const titles = layOut();

/** While the pages are served, a change in docs/ shows at once. A new page is in the sidebar from the next start. */
const followDocs = {
  name: 'follow-docs',
  configureServer(server) {
    const watcher = watch(join(import.meta.dirname, '..', '..', 'docs'), { recursive: true }, layOut);
    server.httpServer?.on('close', () => watcher.close());
  },
};

/** Two braces are two braces: pages know nothing of Vue, which would take them for its own. */
function showBraces(md) {
  const { escapeHtml } = md.utils;
  const shown = (text) => escapeHtml(text).replaceAll('{{', '&#123;&#123;');
  md.renderer.rules.text = (tokens, at) => shown(tokens[at].content);
  md.renderer.rules.code_inline = (tokens, at) => `<code>${shown(tokens[at].content)}</code>`;
}

export default defineConfig({
  title: 'Gateway Engine',
  description: 'A managed host for any process on Linux gateways, with its platform',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  markdown: { anchor: { slugify: slugOf }, config: showBraces },
  vite: { plugins: [followDocs], build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Reference', link: '/configuration' },
      { text: 'Modules', link: '/modules' },
    ].filter(({ link }) => titles.has(link.slice(1))),
    sidebar: sidebarOf(titles),
    outline: [2, 3],
    search: { provider: 'local' },
    ...(repository === undefined
      ? {}
      : { editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' } }),
  },
});
