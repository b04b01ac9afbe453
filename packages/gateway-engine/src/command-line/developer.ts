import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import {
  buildFileKeys,
  buildPackage,
  type Manifest,
  newBuildFile,
  type PackageContents,
  readBuildFile,
  writeBuildFile,
} from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { checkPackage } from '../developer/checked-package.ts';
import type { Console } from './configure.ts';

/** Whether data is printed as JSON. */
interface Form {
  readonly json?: true;
}

/** Builds in the current directory; the tarball's path is all that is printed on standard output. */
export async function buildApp(
  file: string,
  console: Console,
  { json, verbose }: Form & { verbose: boolean },
): Promise<void> {
  const { buildFile, unknownKeys } = await readBuildFile(file);
  warnOfKeys(file, unknownKeys, console);
  const built = await buildPackage(buildFile, process.cwd(), verbose ? console.err : undefined);
  console.out(json ? JSON.stringify({ tarball: built.path }, null, 2) : built.path);
}

export async function checkBuildFile(file: string, console: Console, { json }: Form): Promise<void> {
  const { unknownKeys } = await readBuildFile(file);
  warnOfKeys(file, unknownKeys, console);
  if (json) console.out(JSON.stringify({ file, ok: true, unknown_keys: unknownKeys }, null, 2));
  else console.out('[PASS]');
}

export async function checkTarball(file: string, console: Console, { json }: Form = {}): Promise<void> {
  const { name, version, contents } = await checkPackage(file);
  if (json) {
    const { kind, installer = null, entries, bytes, topDirectory = null, manifest = null } = contents;
    const checked = { file, ok: true, app: name, version, kind, installer, entries, bytes };
    console.out(JSON.stringify({ ...checked, top_directory: topDirectory, manifest }, null, 2));
    return;
  }
  console.out('[PASS]');
  console.out(`application ${name}, version ${version}: ${inWords(contents)}`);
  console.out(
    `installer ${contents.installer ?? 'none'}, ${contents.entries} entries, ${contents.bytes} bytes unpacked`,
  );
  for (const line of manifestInWords(contents.manifest)) console.out(line);
  if (contents.topDirectory !== undefined) console.out(`all within the directory ${contents.topDirectory}/`);
}

/** What a gwe.json asks for, a line each. */
function manifestInWords(manifest: Manifest | undefined): string[] {
  if (!manifest) return [];
  const { layout, engine, architectures, depends, data, config } = manifest;
  const needs = [
    ...(engine === undefined ? [] : [`Gateway Engine ${engine}`]),
    ...(architectures ? [architectures.join(' or ')] : []),
    ...depends.map(({ name, versions }) => [name, versions.join(' or ')].join(' ').trim()),
  ];
  const values = Object.entries(config).map(([name, { secret, required }]) =>
    [name, ...(secret ? ['secret'] : []), ...(required ? ['required'] : [])].join(' '),
  );
  return [
    `layout ${layout}${data ? ', with a data folder' : ''}`,
    ...(needs.length > 0 ? [`needs ${needs.join(', ')}`] : []),
    ...(values.length > 0 ? [`takes the values ${values.join(', ')}`] : []),
  ];
}

function inWords({ kind, installer }: PackageContents): string {
  return kind === 'library' && installer === undefined ? 'files for others (no program)' : kindInWords[kind];
}

const kindInWords: Readonly<Record<PackageContents['kind'], string>> = {
  program: 'a program that is kept running (supervisor.conf)',
  'one-off': 'runs once (no supervisor.conf)',
  library: 'a library (setup.py)',
};

/** Asks for the three answers on the terminal and writes a new build file. */
export async function createBuildFile(console: Console): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answers = terminal[Symbol.asyncIterator]();
  const ask = async (question: string, proposal: string) => {
    process.stderr.write(`${question} [${proposal}]: `);
    const answer = await answers.next();
    if (answer.done) process.stderr.write('\n');
    return (answer.done ? '' : answer.value.trim()) || proposal;
  };
  try {
    const file = resolve(await ask('Name of the build file', 'my_app.json'));
    if (await exists(file)) throw new UsageError(`${file} exists already; choose another name`);
    const name = await ask('Name of the application', 'my_app');
    const version = await ask('Version of the application', '1');
    await writeBuildFile(file, newBuildFile(name, version));
    for (const [key, meaning] of Object.entries(buildFileKeys)) console.out(`${key}: ${meaning}`);
    console.out(`The build file is ${file}`);
  } finally {
    terminal.close();
  }
}

function warnOfKeys(file: string, keys: readonly string[], console: Console): void {
  if (keys.length > 0)
    console.err(`warning: ${file} has unknown keys, which are ignored: ${keys.join(', ')}`);
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
