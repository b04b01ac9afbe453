import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { compileExecutable, type TargetName } from '@gateway-engine/release';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { layOutMuslLibraries } from '../src/musl/musl-libraries.ts';
import { root } from '../src/system.ts';

/** A target that this machine does not run by itself, started all the same. */
class ForeignTarget implements AsyncDisposable {
  readonly home: string;
  readonly #target: TargetName;
  readonly #words: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: AsyncDisposable;

  private constructor(
    target: TargetName,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    folder: { readonly path: string } & AsyncDisposable,
  ) {
    this.#target = target;
    this.#words = words;
    this.home = join(folder.path, 'home');
    this.#env = { ...process.env, ...env, GWE_HOME: this.home };
    this.#folder = folder;
  }

  /** `rig`: the words before the executable, and variables; it is given a folder for what it needs. */
  static async compile(
    target: TargetName,
    rig: (folder: string) => { words?: readonly string[]; env?: NodeJS.ProcessEnv },
  ): Promise<ForeignTarget> {
    const folder = await temporaryFolder();
    await mkdir(join(folder.path, 'home', 'etc'), { recursive: true });
    const build = { version: '0.1.0', commit: 'test' };
    const executable = compileExecutable(root, target, build, join(root, 'release', 'build', 'other'));
    const { words = [], env = {} } = rig(folder.path);
    return new ForeignTarget(target, [...words, executable], env, folder);
  }

  /** What a command prints. Fails unless it ends well. */
  async run(...args: string[]): Promise<string> {
    const [command = '', ...words] = this.#words;
    const { exitCode, output } = await runToEnd(command, [...words, ...args], {
      env: this.#env,
      timeoutMs: 60_000,
    });
    expect({ args, exitCode, output }).toMatchObject({ exitCode: 0 });
    return output;
  }

  /** Starts a daemon and waits until it says that it is ready; killed when it is disposed of. */
  async start(ready: string, ...args: string[]): Promise<{ readonly pid: number } & AsyncDisposable> {
    const [command = '', ...words] = this.#words;
    const child = spawn(command, [...words, ...args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const kill = async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    await waitUntil(ready, () => said.includes(ready), { timeoutMs: 60_000, everyMs: 100 }).catch(
      async (cause) => {
        await kill();
        throw new Error(`${args.join(' ')} said: ${said}`, { cause });
      },
    );
    return { pid: child.pid ?? 0, [Symbol.asyncDispose]: kill };
  }

  async startsAndKeeps(): Promise<void> {
    expect(await this.run('--version')).toContain(`0.1.0 (commit test, ${this.#target}, Bun `);
    expect(await this.run('gwe-supervisord', '--version')).toBe('0.1.0\n');
    expect(await this.run('gwe', '--gateway-cfg')).toContain('vendor = ');
    const listen = `127.0.0.1:${await freePort()}`;
    const settings = `[server]\nlisten = ${listen}\n[platform]\nserver = http://127.0.0.1:1\n`;
    await writeFile(join(this.home, 'etc', 'gmq.cfg'), settings);
    {
      await using _ = await this.start('listens on', 'gmq');
      const answer = await fetch(`http://${listen}/onep:v1/stack/alias/test`, {
        method: 'POST',
        headers: {
          'X-Exosite-VMS': 'demo demo sensor-1',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: '1700000000=kept',
      });
      expect(answer.status).toBe(204);
    }
    expect(await this.run('gmq', 'export')).toContain('"kept"');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

const emulated =
  process.arch === 'x64'
    ? { target: 'linux-arm64' as const, words: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'] }
    : { target: 'linux-x64' as const, words: ['qemu-x86_64-static', '-L', '/usr/x86_64-linux-gnu'] };

test(`the executable for ${emulated.target} starts, and its queue keeps what it has acknowledged`, async () => {
  await using foreign = await ForeignTarget.compile(emulated.target, () => emulated);
  await foreign.startsAndKeeps();
}, 300_000);

const withMusl = process.arch === 'x64' ? 'linux-x64-musl' : 'linux-arm64-musl';

test(`the executable for ${withMusl} starts; its queue and its supervisor lose nothing to a kill`, async () => {
  await using foreign = await ForeignTarget.compile(withMusl, (folder) => {
    const libraries = join(folder, 'lib');
    layOutMuslLibraries(libraries);
    return { env: { LD_LIBRARY_PATH: libraries } };
  });
  await foreign.startsAndKeeps();

  // The next one goes on with the program, whose output the C library has moved to the log.
  const { home } = foreign;
  const configuration = join(home, 'supervisord.conf');
  const lines = (...each: string[]) => each.map((line) => `${line}\n`).join('');
  const loop = 'while [ $n -lt 100000 ]; do n=$((n + 1)); echo $n; sleep 0.005; done';
  await writeFile(
    configuration,
    lines(
      '[supervisord]',
      `pidfile=${home}/supervisord.pid`,
      `logfile=${home}/supervisord.log`,
      '[unix_http_server]',
      `file=${home}/s.sock`,
      '[supervisorctl]',
      `serverurl=unix://${home}/s.sock`,
      '[program:count]',
      // A program of this machine does not start with the libraries of the other.
      `command=env -u LD_LIBRARY_PATH sh -c "n=0; ${loop}"`,
      `stdout_logfile=${home}/count.log`,
    ),
  );
  const control = (...args: string[]) => foreign.run('gwe-supervisorctl', '-c', configuration, ...args);
  const start = (ready: string) => foreign.start(ready, 'gwe-supervisord', '-n', '-c', configuration);
  let pid: string;
  {
    await using _ = await start('entered RUNNING state');
    pid = await control('pid', 'count');
  }
  await using _ = await start('supervisord started');
  expect(await control('pid', 'count')).toBe(pid);
  await control('stop', 'count');
  const logged = (await readFile(join(home, 'count.log'), 'utf8')).trimEnd().split('\n');
  expect(logged.length).toBeGreaterThan(100);
  expect(logged).toEqual(logged.map((_line, index) => String(index + 1)));
}, 300_000);
