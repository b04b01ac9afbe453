import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, runToEnd } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { root as repository } from './system.ts';

/** Some of the commands are in folders that not everybody's PATH has. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };
const cache = join(repository, 'node_modules', '.cache', 'clean-root');

/** Mounts what programs expect. */
const mounts = `
cd "$0" && mount -t proc proc proc && mount -t tmpfs tmpfs dev && mkdir dev/shm dev/pts && mount -t tmpfs tmpfs dev/shm
for each in null:1:3 zero:1:5 random:1:8 urandom:1:9 kmsg:1:11 tty:5:0 console:5:1; do
  numbers=\${each#*:}; mknod -m 666 "dev/\${each%%:*}" c "\${numbers%:*}" "\${numbers#*:}"
done
ln -s /proc/self/fd dev/fd
`;

/** The first process does nothing; its end is that of all others. */
const plainStart = `${mounts}
exec chroot . sleep 1000000`;

/** Boots by systemd, in control groups below ours. */
const systemdStart = `mount --bind "$0" "$0"
${mounts}
mount -t tmpfs tmpfs run; mount -t sysfs -o ro sysfs sys
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then mount -t cgroup2 cgroup2 sys/fs/cgroup; else
  mount -t tmpfs tmpfs sys/fs/cgroup; mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd; mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi
mkdir old && pivot_root . old && umount -l /old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system > /dev/null 2>&1`;

/** A root file system of its own, with processes and a network of its own: nothing of this machine is in it. */
export class CleanRoot {
  readonly path: string;
  readonly #init: ChildProcess;
  readonly #pid: number;
  readonly #root: string;
  readonly #groups: ControlGroups | undefined;
  readonly #remove: () => PromiseLike<void>;

  private constructor(
    path: string,
    init: { child: ChildProcess; pid: number; root: string; groups: ControlGroups | undefined },
    remove: () => PromiseLike<void>,
  ) {
    this.path = path;
    this.#init = init.child;
    this.#pid = init.pid;
    this.#root = init.root;
    this.#groups = init.groups;
    this.#remove = remove;
  }

  /** From a tarball of it. Needs root rights. `boot`: by systemd, which must be in it. */
  static async start(tarball: string, options: { boot?: boolean } = {}): Promise<CleanRoot> {
    const folder = await temporaryFolder();
    execFileSync('tar', ['-C', folder.path, '--exclude=./dev/*', '-xf', tarball]);
    const groups = options.boot ? new ControlGroups() : undefined;
    const spaces = ['--mount', '--pid', '--net', '--ipc', '--uts', ...(groups ? ['--cgroup'] : [])];
    const enter = groups ? `${groups.enter}; ` : '';
    const line = `${enter}exec unshare ${spaces.join(' ')} --fork --kill-child sh -c "$1" "$0"`;
    const child = spawn('sh', ['-c', line, folder.path, groups ? systemdStart : plainStart], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    });
    const name = groups ? '/lib/systemd/systemd' : 'sleep';
    const pid = await waitUntil('the first process', () => {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      const first = Number(children.trim());
      return first > 0 && readFileSync(`/proc/${first}/cmdline`, 'utf8').startsWith(name) && first;
    });
    execFileSync('nsenter', ['--target', String(pid), '--net', 'ip', 'link', 'set', 'lo', 'up'], { env });
    const root = groups ? '/' : folder.path;
    const clean = new CleanRoot(folder.path, { child, pid, root, groups }, () =>
      folder[Symbol.asyncDispose](),
    );
    const booted = () =>
      clean.sh('systemctl is-system-running').then(
        () => true,
        () => false,
      );
    if (groups) await waitUntil('the end of the boot', booted, { timeoutMs: 60_000, everyMs: 200 });
    return clean;
  }

  /** Runs shell lines in it as root and gives what they print. Throws with that when they fail. */
  async sh(lines: string, timeoutMs = 120_000): Promise<string> {
    const into = [
      '--target',
      String(this.#pid),
      '--mount',
      '--pid',
      '--net',
      '--ipc',
      '--uts',
      'chroot',
      this.#root,
    ];
    const clean = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
    const result = await runToEnd('/usr/bin/nsenter', [...into, 'sh', '-c', `cd /root || exit; ${lines}`], {
      env: clean,
      timeoutMs,
    }).catch((cause) => {
      throw new Error(`cannot enter the root: ${describeError(cause)}`, { cause });
    });
    if (result.exitCode !== 0) throw new Error(`${lines}: exit status ${result.exitCode}: ${result.output}`);
    return result.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#init, 'exit');
    process.kill(this.#pid, 'SIGKILL');
    await ended;
    this.#groups?.remove();
    await this.#remove();
  }
}

/** Groups of our own in those of this machine, below which systemd may make its own. */
class ControlGroups {
  readonly #folders: string[];

  constructor() {
    const top = '/sys/fs/cgroup';
    // Of version 1 each controller has a hierarchy of its own; that of cpuset takes no process as it is.
    const all = existsSync(join(top, 'cgroup.procs'))
      ? ['']
      : readdirSync(top).filter((name) => name !== 'cpuset' && existsSync(join(top, name, 'cgroup.procs')));
    this.#folders = all.map((each) => join(top, each, `gwe-test-${process.pid}`));
    for (const folder of this.#folders) mkdirSync(folder);
  }

  /** A shell line by which a process enters them. */
  get enter(): string {
    return this.#folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join('; ');
  }

  /** Nothing runs in them any more. */
  remove(): void {
    for (const folder of this.#folders) {
      execFileSync('find', [folder, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
    }
  }
}

/** Debian's essential packages, and these. Made once. */
export function debian(...packages: readonly string[]): string {
  const tarball = join(cache, `debian-${packages.join('-')}.tar`);
  if (existsSync(tarball)) return tarball;
  mkdirSync(cache, { recursive: true });
  const unfinished = join(cache, `${process.pid}.tar`);
  const options = ['--quiet', '--variant=essential', `--include=${packages.join(',')}`];
  execFileSync('mmdebstrap', [...options, 'bookworm', unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  renameSync(unfinished, tarball);
  return tarball;
}

/** Busybox, and the C library that the executable is linked with: what a small gateway has. Made anew each time. */
export function busybox(folder: string, executable: string): string {
  const tree = join(folder, 'busybox');
  for (const each of [
    'bin',
    'etc/init.d',
    'root',
    'tmp',
    'proc',
    'dev',
    'usr/bin',
    'usr/local/bin',
    'opt',
    'var',
    'sys',
  ]) {
    mkdirSync(join(tree, each), { recursive: true });
  }
  execFileSync('cp', ['/bin/busybox', join(tree, 'bin/busybox')]);
  execFileSync('chroot', [tree, '/bin/busybox', '--install', '-s', '/bin'], { env });
  const libraries = execFileSync('ldd', [executable], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const library of libraries) execFileSync('cp', ['--parents', '-L', library, tree]);
  const tarball = join(folder, 'busybox.tar');
  execFileSync('tar', ['-C', tree, '-cf', tarball, '.']);
  return tarball;
}
