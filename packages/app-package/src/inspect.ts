import { ArchiveError, type ArchiveProblem } from './archive-error.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import { type ArchiveEntry, staysInside } from './entry-rules.ts';
import type { ByteSource } from './gunzip.ts';
import { longestManifest, type Manifest, parseManifest } from './manifest/manifest.ts';
import { programOptions } from './manifest/program-options.ts';
import { readArchive } from './read-archive.ts';
import { parseSupervisorConf } from './supervisor-conf.ts';

/**
 * `program` has a supervisor.conf and is kept running; the other two run once, when they are installed, or are files for
 * others and run never.
 */
export type PackageKind = 'program' | 'one-off' | 'library';

/** Scripts of a package that are run at other times than its installer. */
export const hookNames = ['pre_update.sh', 'uninstall.sh'] as const;
export type HookName = (typeof hookNames)[number];

/** What a tarball holds, once it has passed every check. */
export interface PackageContents {
  readonly kind: PackageKind;
  /** Undefined for a package of the versioned layout that needs none. */
  readonly installer: 'install.sh' | 'setup.py' | undefined;
  /** The one directory that everything lies in, or undefined when the files lie at the top. */
  readonly topDirectory: string | undefined;
  /** Text of supervisor.conf. */
  readonly supervisorConf: string | undefined;
  /** What its gwe.json says; undefined without one. */
  readonly manifest: Manifest | undefined;
  readonly entries: number;
  /** Bytes of all files, unpacked. */
  readonly bytes: number;
}

const longestSupervisorConf = 64 * 1024;
/** One byte more than any file of interest may have. */
const longestHead = Math.max(longestSupervisorConf, longestManifest) + 1;
const shebangBytes = 256;

/**
 * Reads a tarball to its end and says what it is. Bytes in, verdict out: nothing is written anywhere.
 * Throws ArchiveError saying what is wrong with it; errors of the source pass through.
 */
export async function inspectTarball(
  source: ByteSource,
  limits: ArchiveLimits = defaultArchiveLimits,
): Promise<PackageContents> {
  const seen = new Map<string, ArchiveEntry>();
  const heads = new Map<string, Buffer>();
  let bytes = 0;
  let current: ArchiveEntry | undefined;
  for await (const item of readArchive(source, limits)) {
    if (item.kind === 'entry') {
      current = item.entry;
      seen.set(current.path, current);
      bytes += current.size;
      if (isOfInterest(current)) heads.set(current.path, Buffer.alloc(0));
      continue;
    }
    const head = current && heads.get(current.path);
    if (current && head && head.length < longestHead) {
      heads.set(current.path, Buffer.concat([head, item.bytes]).subarray(0, longestHead));
    }
  }
  const topDirectory = findTopDirectory(seen);
  if (topDirectory !== undefined) checkLinksBelow(seen.values(), topDirectory);
  const at = (name: string) => (topDirectory === undefined ? name : `${topDirectory}/${name}`);
  const file = (name: string): PackageFile | undefined => {
    const entry = seen.get(at(name));
    return entry && { name, entry, head: heads.get(entry.path) };
  };
  const [script, json, conf] = [file('install.sh'), file('gwe.json'), file('supervisor.conf')];
  if (script) checkScript(script, 'INSTALLER_NOT_RUNNABLE');
  for (const name of hookNames) {
    const hook = file(name);
    if (hook) checkScript(hook, 'HOOK_NOT_RUNNABLE');
  }
  const manifest = json && readManifest(json);
  const installer = script ? 'install.sh' : file('setup.py') ? 'setup.py' : undefined;
  if (installer === undefined && manifest?.layout !== 'versioned') throw withoutInstaller();
  const supervisorConf = conf && readConf(conf);
  if (manifest) checkAgainstConf(manifest, supervisorConf);
  return {
    kind: supervisorConf !== undefined ? 'program' : script ? 'one-off' : 'library',
    installer,
    topDirectory,
    supervisorConf,
    manifest,
    entries: seen.size,
    bytes,
  };
}

/** A file of the package that is looked into. */
interface PackageFile {
  readonly name: string;
  readonly entry: ArchiveEntry;
  /** How it begins; undefined when it is no regular file. */
  readonly head: Buffer | undefined;
}

const namesOfInterest = new Set<string>(['install.sh', 'supervisor.conf', 'gwe.json', ...hookNames]);

function isOfInterest(entry: ArchiveEntry): boolean {
  const name = /^(?:[^/]+\/)?([^/]+)$/.exec(entry.path)?.[1];
  return entry.kind === 'file' && name !== undefined && namesOfInterest.has(name);
}

function findTopDirectory(seen: ReadonlyMap<string, ArchiveEntry>): string | undefined {
  const marks = ['install.sh', 'setup.py', 'gwe.json'];
  if (marks.some((name) => seen.has(name))) return undefined;
  const tops = new Set(
    Array.from(seen.keys(), (path) => path.split('/')[0] ?? '').filter((top) => top !== ''),
  );
  const [top] = tops;
  if (tops.size === 1 && top !== undefined && marks.some((name) => seen.has(`${top}/${name}`))) return top;
  throw withoutInstaller();
}

function withoutInstaller(): ArchiveError {
  return new ArchiveError(
    'NO_INSTALLER',
    'it has neither install.sh nor setup.py, at its top or in its only top-level directory, nor a gwe.json with "layout": "versioned"',
  );
}

function checkLinksBelow(entries: Iterable<ArchiveEntry>, top: string): void {
  for (const entry of entries) {
    if (entry.kind !== 'symlink' || entry.path === top) continue;
    if (!staysInside(entry.path.slice(top.length + 1), entry.target ?? '')) {
      throw new ArchiveError('UNSAFE_LINK', `the link "${entry.path}" leads outside (to "${entry.target}")`);
    }
  }
}

function checkScript({ name, entry, head }: PackageFile, code: ArchiveProblem): void {
  const refuse = (problem: string) => new ArchiveError(code, `${name} ${problem}`);
  if (entry.kind !== 'file' || !head) throw refuse('is no regular file');
  if ((entry.mode & 0o100) === 0) throw refuse(`has no execute bit; run chmod +x ${name} and pack again`);
  const firstLine = head.subarray(0, shebangBytes).toString('latin1').split('\n')[0] ?? '';
  if (!/^#! *\/\S/.test(firstLine)) {
    throw refuse('does not name its shell in the first line; start it with #!/bin/sh');
  }
  if (firstLine.endsWith('\r')) throw refuse('has Windows line ends, with which its shell is not found');
}

function readConf(file: PackageFile): string {
  const text = readText(file, longestSupervisorConf, 'SUPERVISOR_CONF');
  readAs('SUPERVISOR_CONF', () => parseSupervisorConf(text));
  return text;
}

function readManifest(file: PackageFile): Manifest {
  const text = readText(file, longestManifest, 'MANIFEST');
  return readAs('MANIFEST', () => parseManifest(text));
}

function readText({ name, entry, head }: PackageFile, longest: number, code: ArchiveProblem): string {
  if (entry.kind !== 'file' || !head) throw new ArchiveError(code, `${name} is no regular file`);
  if (entry.size > longest) throw new ArchiveError(code, `${name} is larger than ${longest} bytes`);
  return head.toString('utf8');
}

function readAs<T>(code: ArchiveProblem, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ArchiveError(code, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What gwe.json says of the program must have one to say it of, and must not say again what supervisor.conf says. */
function checkAgainstConf(manifest: Manifest, supervisorConf: string | undefined): void {
  const refuse = (problem: string) => new ArchiveError('MANIFEST', `gwe.json ${problem}`);
  const options = programOptions(manifest);
  if (supervisorConf === undefined) {
    const [option] = options[0] ?? [];
    if (option !== undefined) throw refuse(`sets ${option}, and there is no program (no supervisor.conf)`);
    return;
  }
  const given = parseSupervisorConf(supervisorConf);
  const twice = options.find(([option]) => given.has(option))?.[0];
  if (twice !== undefined) throw refuse(`sets ${twice}, which supervisor.conf sets as well`);
}
