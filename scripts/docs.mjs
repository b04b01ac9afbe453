/**
 * The documentation as a site: `docs.mjs dev` serves it and follows changes, `docs.mjs build` makes site/dist.
 * `--base /folder/` for a site that is not at the root of its host; `--repository URL` (or DOCS_REPOSITORY) for edit
 * links and links to sources; what else is given is VitePress's.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, runScript } from './run.mjs';
import { installLocked, installPackages, root, SetUpError, say } from './set-up.mjs';

const site = join(root, 'site');
const tool = (...path) => join(site, 'node_modules', ...path);

await main('npm run docs', async () => {
  const [task, ...rest] = process.argv.slice(2);
  if (task !== 'dev' && task !== 'build') throw new SetUpError('expected dev or build');
  const { base, repository, others } = readOptions(rest);
  installPackages();
  installLocked(site, 'Installing what makes the site (npm ci in site/) ...');
  if (base !== undefined) process.env.DOCS_BASE = base;
  if (repository !== undefined) process.env.DOCS_REPOSITORY = repository;
  // Pages about the modules take longer than all others; while writing, those of the last time will do.
  if (task === 'build' || !existsSync(join(site, 'pages', 'public', 'api', 'index.html'))) {
    say('Making the pages about the modules (TypeDoc) ...');
    const made = await runScript(tool('typedoc', 'bin', 'typedoc'), [
      '--options',
      join(site, 'typedoc.config.mjs'),
    ]);
    if (made !== 0) return made;
  }
  return runScript(tool('vitepress', 'bin', 'vitepress.js'), [task, site, ...others]);
});

function readOptions(args) {
  const { values, tokens } = parseArgs({
    args,
    options: { base: { type: 'string' }, repository: { type: 'string' } },
    strict: false,
    tokens: true,
  });
  const { base, repository } = values;
  if (base !== undefined && !/^\/([\w.-]+\/)*$/.test(base))
    throw new SetUpError(`--base ${base}: expected a path with slashes around it, such as /docs/`);
  const own = tokens.filter(
    (token) => token.kind === 'option' && ['base', 'repository'].includes(token.name),
  );
  const taken = new Set(
    own.flatMap(({ index, inlineValue }) => (inlineValue ? [index] : [index, index + 1])),
  );
  return { base, repository, others: args.filter((_, index) => !taken.has(index)) };
}
