/**
 * Makes the npm packages: for each a folder and a tarball as they are published, and their sizes.
 *
 *     npm run npm-packages -- [--out dist/npm] [--repository https://HOST/OWNER/NAME]
 *
 * `--table` keeps the sizes in docs/npm-packages.md, `--json` prints them with the entries and the commands. The sizes
 * are those of an installation: it is left in `--install DIR` if given, and made by npm on the Node.js of `--node FILE`.
 * `--no-sizes` installs nothing. Nothing is published.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuiltPackage, buildPackages } from './npm-packages/build-packages.ts';
import { installedSize, installTarballs } from './npm-packages/installed-size.ts';
import { root } from './npm-packages/package-manifest.ts';
import { type MeasuredPackage, sizeTable, withTable } from './npm-packages/size-table.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    out: { type: 'string', default: 'dist/npm' },
    repository: { type: 'string', default: repositoryOfWorkflow(process.env) },
    install: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    sizes: { type: 'boolean', default: true },
    table: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const built = await buildPackages(resolve(values.out), values.repository);
const measured = values.sizes ? await measure(built) : undefined;
const table = measured && sizeTable(measured);
if (table !== undefined && values.table) {
  const page = join(root, 'docs', 'npm-packages.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), table));
}
const lines = table ?? built.map(({ tarball }) => tarball).join('\n');
process.stdout.write(`${values.json ? JSON.stringify(measured ?? built) : lines}\n`);
if (values.repository === undefined) {
  process.stderr.write(
    'Without --repository the packages do not say where they come from: the registry attests to no provenance.\n',
  );
}

async function measure(packages: readonly BuiltPackage[]): Promise<(BuiltPackage & MeasuredPackage)[]> {
  const folder = values.install ?? mkdtempSync(join(tmpdir(), 'gwe-npm-'));
  try {
    mkdirSync(folder, { recursive: true });
    const tarballs = packages.map(({ tarball }) => tarball);
    await installTarballs(folder, tarballs, values.node);
    return packages.map((each) => ({ ...each, installed: installedSize(folder, each.name) }));
  } finally {
    if (values.install === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Where a workflow runs that may publish with provenance. */
function repositoryOfWorkflow(environment: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = environment;
  return server && name ? `${server}/${name}` : undefined;
}
