import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Controllers that limits need. */
export const controllers = ['memory', 'cpu', 'pids'] as const;
export type Controller = (typeof controllers)[number];

/** The cgroups that this process is in, as directories. */
export interface OwnCgroups {
  /** In the hierarchy of version 2, if one is mounted. */
  readonly unified: string | undefined;
  /** In the hierarchies of version 1. */
  readonly legacy: ReadonlyMap<Controller, string>;
}

export function readOwnCgroups(): OwnCgroups {
  return findOwnCgroups(
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  );
}

/** From the contents of /proc/self/mountinfo and /proc/self/cgroup: see cgroups(7). */
export function findOwnCgroups(mountinfo: string, cgroup: string): OwnCgroups {
  let unifiedPath: string | undefined;
  const legacyPaths = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const [id, names, path] = splitFields(line);
    if (path === undefined) continue;
    if (id === '0' && names === '') unifiedPath = path;
    else for (const name of names?.split(',') ?? []) legacyPaths.set(name, path);
  }
  let unified: string | undefined;
  const legacy = new Map<Controller, string>();
  for (const mount of mountinfo.split('\n').flatMap(parseMount)) {
    if (mount.type === 'cgroup2' && unifiedPath !== undefined) unified ??= directoryOf(mount, unifiedPath);
    if (mount.type !== 'cgroup') continue;
    for (const controller of controllers) {
      const path = legacyPaths.get(controller);
      if (path === undefined || legacy.has(controller) || !mount.options.includes(controller)) continue;
      const directory = directoryOf(mount, path);
      if (directory !== undefined) legacy.set(controller, directory);
    }
  }
  return { unified, legacy };
}

/** `5:cpu,cpuacct:/a:b`: the path may hold colons. */
function splitFields(line: string): (string | undefined)[] {
  return /^(\d+):([^:]*):(.*)$/.exec(line)?.slice(1) ?? [];
}

interface Mount {
  /** What of the hierarchy is seen at `point`. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function parseMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ', 2);
  const [, , , root, point] = before.split(' ');
  const [type, , options] = after.split(' ');
  if (root === undefined || point === undefined || type === undefined || options === undefined) return [];
  return [{ root: unescaped(root), point: unescaped(point), type, options: options.split(',') }];
}

/** Blanks and the like are written as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Undefined when the cgroup is outside of what is mounted there. */
function directoryOf(mount: Mount, path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined;
  if (mount.root === '/') return join(mount.point, path);
  if (path === mount.root) return mount.point;
  return path.startsWith(`${mount.root}/`) ? join(mount.point, path.slice(mount.root.length)) : undefined;
}
