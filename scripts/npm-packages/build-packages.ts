import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { compile, launchedFile } from './compile.ts';
import { importedSpecifiers, reachedDeclarations } from './imported-packages.ts';
import {
  folderOf,
  type PackageName,
  publishable,
  readManifest,
  root,
  type SourceManifest,
  versionsInUse,
} from './package-manifest.ts';
import { problemsOfImports, publishedDependencies, publishedManifest } from './published-manifest.ts';

export interface BuiltPackage {
  readonly name: string;
  readonly version: string;
  /** What the package can be imported by: `@gateway-engine/host`, `@gateway-engine/host/basics`. */
  readonly entries: readonly string[];
  readonly commands: readonly string[];
  readonly engines: { readonly node: string };
  readonly tarball: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: number;
}

/** Makes the folder and the tarball of every published package in `out`, whose former content is lost. */
export async function buildPackages(out: string, repository?: string): Promise<BuiltPackage[]> {
  rmSync(out, { recursive: true, force: true });
  const compiled = join(out, '.compiled');
  mkdirSync(out, { recursive: true });
  compile(compiled);
  buildPage();
  const folders = publishable.map((name) => assemble(name, compiled, join(out, name), repository));
  for (const folder of folders) setModes(folder);
  rmSync(compiled, { recursive: true });
  const options = ['--ignore-scripts', '--loglevel=error', '--pack-destination', out];
  await promisify(execFile)('npm', ['pack', ...options, ...folders], { cwd: out });
  return publishable.map((name) => describe(name, out));
}

/** The folder of a package as it is published. */
function assemble(
  name: PackageName,
  compiled: string,
  folder: string,
  repository: string | undefined,
): string {
  const manifest = readManifest(name);
  mkdirSync(folder, { recursive: true });
  for (const [from, file] of [
    [folderOf(name), 'README.md'],
    [root, 'LICENSE'],
  ] as const) {
    if (!existsSync(join(from, file))) throw new Error(`${join(from, file)} is missing; write it`);
    copyFileSync(join(from, file), join(folder, file));
  }
  const dist = join(folder, 'dist');
  if (name === 'solution-app') {
    cpSync(join(folderOf(name), 'dist'), dist, { recursive: true });
    writeManifest(folder, pageManifest(manifest, repository));
    return folder;
  }
  cpSync(join(compiled, name, 'src'), dist, { recursive: true });
  leaveOutInnerTypes(manifest, dist);
  writeCommands(name, manifest, folder);
  const imports = importedSpecifiers(dist);
  const dependencies = publishedDependencies(manifest, imports, versionsInUse());
  const problems = problemsOfImports(manifest.name, imports, dependencies);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  writeManifest(folder, publishedManifest(manifest, dependencies, repository));
  return folder;
}

/** The page is built: what it was made from is in it. */
function pageManifest(manifest: SourceManifest, repository: string | undefined): Record<string, unknown> {
  const { exports, ...rest } = publishedManifest(manifest, {}, repository);
  return { ...rest, exports: { ...(exports as object), './dist/*': './dist/*' } };
}

/** Declarations that no entry leads to are of no use to anybody. */
function leaveOutInnerTypes(manifest: SourceManifest, dist: string): void {
  const entries = Object.values(manifest.exports).flatMap(
    (file) => /^\.\/src\/(.+)\.ts$/.exec(file)?.[1]?.concat('.d.ts') ?? [],
  );
  const reached = reachedDeclarations(dist, entries);
  for (const path of globSync('**/*.d.ts', { cwd: dist })) if (!reached.has(path)) rmSync(join(dist, path));
}

/** In the repository a command first looks for a Node.js that runs TypeScript; here it is JavaScript. */
function writeCommands(name: PackageName, manifest: SourceManifest, folder: string): void {
  for (const file of Object.values(manifest.bin ?? {})) {
    const started = launchedFile(readFileSync(join(folderOf(name), file), 'utf8'), file);
    const script = `../dist/${started.replace(/^src\/(.+)\.ts$/, '$1.js')}`;
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, file), `#!/usr/bin/env node\nimport '${script}';\n`);
  }
}

/** The archive keeps the modes: those of a clone, or of whoever makes it, are nobody's business. */
function setModes(folder: string): void {
  for (const each of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (each.isFile())
      chmodSync(join(each.parentPath, each.name), each.name.endsWith('.mjs') ? 0o755 : 0o644);
  }
}

function writeManifest(folder: string, manifest: Record<string, unknown>): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Builds the page of the dashboard unless it is there and newer than its sources. */
function buildPage(): void {
  const script = "import { buildPage } from './scripts/set-up.mjs'; buildPage();";
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, stdio: 'pipe' });
}

function describe(name: PackageName, out: string): BuiltPackage {
  const folder = join(out, name);
  const manifest: SourceManifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const tarball = join(out, `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}.tgz`);
  const files = globSync('**/*', { cwd: folder })
    .map((path) => statSync(join(folder, path)))
    .filter((each) => each.isFile());
  return {
    name: manifest.name,
    version: manifest.version,
    entries: Object.keys(manifest.exports)
      .filter((entry) => !entry.includes('*'))
      .map((entry) => manifest.name + entry.slice(1)),
    commands: Object.keys(manifest.bin ?? {}).map((command) => basename(command)),
    engines: manifest.engines,
    tarball,
    packedBytes: statSync(tarball).size,
    unpackedBytes: files.reduce((sum, { size }) => sum + size, 0),
    files: files.length,
  };
}
