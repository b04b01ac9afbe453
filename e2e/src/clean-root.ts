import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, runToEnd } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { root as repository } from './system.ts';

const cache = join(repository, 'node_modules', '.cache', 'clean-root');

/** Mounts what programs expect and becomes the first process; its end is that of all others. */
const first = `
cd "$0" && mount -t proc proc proc && mount -t tmpfs tmpfs dev && mkdir dev/shm dev/pts && mount -t tmpfs tmpfs dev/shm &&
for each in null:3 zero:5 random:8 urandom:9; do mknod -m 666 "dev/\${each%:*}" c 1 "\${each#*:}"; done
ln -s /proc/self/fd dev/fd
exec chroot . sleep 1000000`;

/** A root file system of its own, with processes and a network of its own: nothing of this machine is in it. */
export class CleanRoot {
  readonly path: string;
  readonly #init: ChildProcess;
  readonly #pid: number;
  readonly #remove: () => PromiseLike<void>;

  private constructor(path: string, init: ChildProcess, pid: number, remove: () => PromiseLike<void>) {
    this.path = path;
    this.#init = init;
    this.#pid = pid;
    this.#remove = remove;
  }

  /** From a tarball of it. Needs root rights. */
  static async start(tarball: string): Promise<CleanRoot> {
    const folder = await temporaryFolder();
    execFileSync('tar', ['-C', folder.path, '--exclude=./dev/*', '-xf', tarball]);
    const options = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child'];
    const init = spawn('unshare', [...options, 'sh', '-c', first, folder.path], { stdio: 'inherit' });
    const pid = await waitUntil('the first process', () => {
      const children = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8');
      const child = Number(children.trim());
      return child > 0 && readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('sleep') && child;
    });
    execFileSync('nsenter', ['--target', String(pid), '--net', 'ip', 'link', 'set', 'lo', 'up']);
    return new CleanRoot(folder.path, init, pid, () => folder[Symbol.asyncDispose]());
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
      this.path,
    ];
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
    const result = await runToEnd('/usr/bin/nsenter', [...into, 'sh', '-c', `cd /root || exit; ${lines}`], {
      env,
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
    await this.#remove();
  }
}

/** Debian's essential packages and its supervisor. Made once. */
export function debian(): string {
  const tarball = join(cache, 'debian.tar');
  if (existsSync(tarball)) return tarball;
  mkdirSync(cache, { recursive: true });
  const unfinished = join(cache, `debian.${process.pid}.tar`);
  const options = ['--quiet', '--variant=essential', '--include=supervisor,adduser'];
  execFileSync('mmdebstrap', [...options, 'bookworm', unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
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
  execFileSync('chroot', [tree, '/bin/busybox', '--install', '-s', '/bin']);
  const libraries = execFileSync('ldd', [executable], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const library of libraries) execFileSync('cp', ['--parents', '-L', library, tree]);
  const tarball = join(folder, 'busybox.tar');
  execFileSync('tar', ['-C', tree, '-cf', tarball, '.']);
  return tarball;
}
