import { ArchiveError } from './archive-error.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import { type ArchiveEntry, staysInside } from './entry-rules.ts';
import type { ByteSource } from './gunzip.ts';
import { readArchive } from './read-archive.ts';
import { parseSupervisorConf } from './supervisor-conf.ts';

/** `program` has a supervisor.conf and is kept running; the other two run once, when they are installed. */
export type PackageKind = 'program' | 'one-off' | 'library';

/** What a tarball holds, once it has passed every check. */
export interface PackageContents {
  readonly kind: PackageKind;
  readonly installer: 'install.sh' | 'setup.py';
  /** The one directory that everything lies in, or undefined when the files lie at the top. */
  readonly topDirectory: string | undefined;
  /** Text of supervisor.conf. */
  readonly supervisorConf: string | undefined;
  readonly entries: number;
  /** Bytes of all files, unpacked. */
  readonly bytes: number;
}

const longestSupervisorConf = 64 * 1024;
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
    if (current && head && head.length < longestSupervisorConf) {
      heads.set(current.path, Buffer.concat([head, item.bytes]).subarray(0, longestSupervisorConf));
    }
  }
  const topDirectory = findTopDirectory(seen);
  if (topDirectory !== undefined) checkLinksBelow(seen.values(), topDirectory);
  const at = (name: string) => (topDirectory === undefined ? name : `${topDirectory}/${name}`);
  const script = seen.get(at('install.sh'));
  if (script) checkScript(script, heads.get(script.path));
  const conf = seen.get(at('supervisor.conf'));
  const supervisorConf = conf && readConf(conf, heads.get(conf.path));
  const kind = supervisorConf !== undefined ? 'program' : script ? 'one-off' : 'library';
  return {
    kind,
    installer: script ? 'install.sh' : 'setup.py',
    topDirectory,
    supervisorConf,
    entries: seen.size,
    bytes,
  };
}

function isOfInterest(entry: ArchiveEntry): boolean {
  return entry.kind === 'file' && /^(?:[^/]+\/)?(?:install\.sh|supervisor\.conf)$/.test(entry.path);
}

function findTopDirectory(seen: ReadonlyMap<string, ArchiveEntry>): string | undefined {
  const installers = ['install.sh', 'setup.py'];
  if (installers.some((name) => seen.has(name))) return undefined;
  const tops = new Set(
    Array.from(seen.keys(), (path) => path.split('/')[0] ?? '').filter((top) => top !== ''),
  );
  const [top] = tops;
  if (tops.size === 1 && top !== undefined && installers.some((name) => seen.has(`${top}/${name}`)))
    return top;
  throw new ArchiveError(
    'NO_INSTALLER',
    'it has neither install.sh nor setup.py, at its top or in its only top-level directory',
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

function checkScript(script: ArchiveEntry, head: Buffer | undefined): void {
  const refuse = (problem: string) => new ArchiveError('INSTALLER_NOT_RUNNABLE', `install.sh ${problem}`);
  if (script.kind !== 'file' || !head) throw refuse('is no regular file');
  if ((script.mode & 0o100) === 0) throw refuse('has no execute bit; run chmod +x install.sh and pack again');
  const firstLine = head.subarray(0, shebangBytes).toString('latin1').split('\n')[0] ?? '';
  if (!/^#! *\/\S/.test(firstLine)) {
    throw refuse('does not name its shell in the first line; start it with #!/bin/sh');
  }
  if (firstLine.endsWith('\r')) throw refuse('has Windows line ends, with which its shell is not found');
}

function readConf(conf: ArchiveEntry, content: Buffer | undefined): string {
  if (conf.kind !== 'file' || !content) {
    throw new ArchiveError('SUPERVISOR_CONF', 'supervisor.conf is no regular file');
  }
  if (conf.size > longestSupervisorConf) {
    throw new ArchiveError(
      'SUPERVISOR_CONF',
      `supervisor.conf is larger than ${longestSupervisorConf} bytes`,
    );
  }
  const text = content.toString('utf8');
  try {
    parseSupervisorConf(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ArchiveError('SUPERVISOR_CONF', message, { cause });
  }
  return text;
}
