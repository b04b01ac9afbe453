import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { npmPackage, runtime } from '@gateway-engine/testkit';
import { type TargetName, targets } from './targets.ts';

/** What the executable says of itself. */
export interface Build {
  readonly version: string;
  readonly commit: string;
}

export const bunVersion = '1.4.5';

/**
 * Compiles all commands into one executable: the same bytes each time for the same sources. `work`: a folder of its own
 * for what is made on the way. Throws with what the bundler says.
 */
export function compileExecutable(root: string, target: TargetName, build: Build, work: string): string {
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'pages.json'), JSON.stringify(pagesOf(join(root, 'packages/solution-app/dist'))));
  const source = relative(work, join(root, 'release/src/executable.ts'));
  writeFileSync(
    join(work, 'entry.ts'),
    `import { runExecutable } from './${source}';\nimport pages from './pages.json' with { type: 'json' };\nrunExecutable(pages);\n`,
  );
  const shown = `${build.version} (commit ${build.commit}, ${target}, Bun ${bunVersion})`;
  const runtimeOfTarget = join(
    npmPackage(`@oven/${targets[target].bun}`, bunVersion, { foreign: true }),
    'bin/bun',
  );
  const options = [
    // Each command loads only its part of the code, and what is compiled already starts in a third of the time; with all
    // levels of functions compiled it would be a fifth, but the executable too large.
    ...['--compile', '--splitting', '--bytecode', '--bytecode-depth=0', '--format=esm'],
    ...['--minify', '--keep-names', `--compile-executable-path=${runtimeOfTarget}`],
    ...['--define', `GWE_BUILD=${JSON.stringify(shown)}`],
    // A daemon must not take its environment or settings from whatever folder it is started in.
    ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
    ...['--outfile', 'gateway-engine'],
  ];
  execFileSync(runtime('bun'), ['build', ...options, 'entry.ts'], { cwd: work, stdio: 'pipe' });
  return join(work, 'gateway-engine');
}

function pagesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  if (!paths.includes('index.html')) throw new Error(`${folder} has no built pages; npm start builds them`);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'base64')]));
}
