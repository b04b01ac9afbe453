import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operatorVariables, startPlatform } from '@gateway-engine/demo';
import { setIniOption, systemClock } from '@gateway-engine/host';
import { layOutPackage, ownTarget } from '@gateway-engine/release';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { CountingRelay, freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { compileRelease } from './src/executables.ts';
import { MeasuredDisk } from './src/footprint/measured-disk.ts';
import { startPm2, startPythonStack } from './src/footprint/peers.ts';
import { cpuOf, pssOf } from './src/processes.ts';
import { compare, print } from './src/result.ts';

const bench = 'footprint';
const product = 'bench';
const sn = 'gateway-1';
const MiB = 1024 * 1024;
const sum = (pids: readonly number[], of: (pid: number) => number) =>
  pids.reduce((all, pid) => all + of(pid), 0);

/**
 * What the whole stack of a gateway (supervisor, engine, queue; the executable, installed as by a release package) costs
 * when it idles: memory, processor, flash; its size; and how soon it is up. Its argument is how many minutes it is
 * watched, or `start`: only how soon it is up.
 */
export async function run(args: readonly string[]): Promise<void> {
  const minutes = Number(args[0] ?? 10);
  await using folder = await temporaryFolder();
  const root = join(import.meta.dirname, '..');
  const executable = compileRelease();
  const release = layOutPackage(
    { root, target: ownTarget(), version: '0.1.0', executable, time: 0 },
    folder.path,
  );

  await using platform = await startedPlatform(folder.path, root);
  await using relay = await CountingRelay.start(platform.port);
  using disk = new MeasuredDisk(folder.path, 1024 * MiB);
  const home = join(disk.path, 'home');
  const env = { ...process.env, GWE_HOME: home };
  const gwe = (...words: string[]) =>
    execFileSync(join(release, 'bin', 'gwe'), words, { env, encoding: 'utf8' });
  gwe('set-up', release);
  gwe('enroll', '--server', `http://127.0.0.1:${platform.port}`, '--product', product, '--serial', sn);
  const queue = `127.0.0.1:${await freePort()}`;
  execFileSync(join(home, 'bin', 'gmq'), ['cfg', 'set', 'server', 'listen', queue], { env });
  gwe('set-up', release);

  // Only what comes later goes by the relay: it is in this process, which waits for these commands.
  gwe('--set-server', `http://127.0.0.1:${relay.port}`);
  const config = join(home, 'etc', 'Engine.config');
  // Half a minute of waiting for each update would tell nothing.
  writeFileSync(config, setIniOption(readFileSync(config, 'utf8'), 'ota', 'probation_secs', '1'));

  const start = () => startStack(home, queue, relay);
  await coldStart(start);
  if (args[0] === 'start') return;
  await using stack = await start();
  await idle(stack.pids, disk, folder.path, minutes);
  await update(platform.operator, disk, folder.path, env, home);
  size(executable, folder.path);
}

function size(executable: string, folder: string): void {
  const packed = join(folder, 'executable.xz');
  execFileSync('sh', [
    '-c',
    `xz -c ${process.arch === 'arm64' ? '--arm64' : '--x86'} --lzma2=preset=9e "$0" > "$1"`,
    executable,
    packed,
  ]);
  const what = { bench, unit: 'MB', peer: 'none' };
  print(
    compare(
      { ...what, metric: 'executable, compressed (xz)', goal: '<= 40 MB' },
      [statSync(packed).size / 1e6],
      [],
      (ours) => ours <= 40,
    ),
  );
  print(
    compare(
      { ...what, metric: 'executable', goal: 'stated' },
      [statSync(executable).size / 1e6],
      [],
      () => true,
    ),
  );
}

async function startedPlatform(folder: string, root: string) {
  const port = await freePort();
  mkdirSync(join(folder, 'log'));
  const where = {
    data: join(folder, 'platform'),
    port,
    pages: join(root, 'packages/solution-app/dist'),
    logFile: join(folder, 'log/platform.log'),
  };
  const running = await startPlatform(where, { clock: systemClock, onPid: () => {}, onRestart: () => {} });
  const env = { ...process.env, ...operatorVariables(running) };
  const entry = join(root, 'packages/platform/src/main.ts');
  const operator = (...words: string[]) =>
    execFileSync(process.execPath, [entry, ...words], { env, encoding: 'utf8' });
  operator('product', 'create', product);
  operator('device', 'add', product, sn);
  return { port, operator, [Symbol.asyncDispose]: () => running.process.stop() };
}

/** Starts the supervisor, which starts the rest; ready is when it answers, the queue answers and the engine calls. */
async function startStack(home: string, queue: string, relay: CountingRelay) {
  const before = relay.sent;
  const began = performance.now();
  const child = spawn(
    join(home, 'bin', 'gwe-supervisord'),
    ['-n', '-c', join(home, 'etc/supervisord.conf')],
    {
      env: { ...process.env, GWE_HOME: home },
      stdio: 'ignore',
    },
  );
  const supervisor = new SupervisorClient(`unix://${join(home, 'run/supervisor.sock')}`);
  const every = { everyMs: 2, timeoutMs: 60_000 };
  await waitUntil('the queue', async () => (await fetch(`http://${queue}/metrics`)).ok, every);
  await waitUntil('a call of the engine', () => relay.sent > before, every);
  await waitUntil('the supervisor', async () => (await supervisor.getState()).statename === 'RUNNING', every);
  const seconds = (performance.now() - began) / 1000;
  const pidOf = async (name: string) => (await supervisor.getProcessInfo(name)).pid;
  const pids = [child.pid ?? 0, await pidOf('gwe'), await pidOf('gmq')];
  return {
    seconds,
    pids,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function coldStart(start: () => ReturnType<typeof startStack>): Promise<void> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (const times of [cold, warm]) {
      // As after a boot: nothing of the executable is in memory.
      if (times === cold) execFileSync('sh', ['-c', 'sync; echo 3 > /proc/sys/vm/drop_caches']);
      await using stack = await start();
      times.push(stack.seconds);
      await sleep(1_500);
    }
  }
  const what = { bench, unit: 's', goal: '<= 1 s' };
  print(
    compare(
      { ...what, metric: 'start to all three ready, nothing in the page cache', peer: 'the same, warm' },
      cold,
      warm,
      (ours) => ours <= 1,
    ),
  );
}

async function idle(
  pids: readonly number[],
  disk: MeasuredDisk,
  folder: string,
  minutes: number,
): Promise<void> {
  const python = await startPythonStack(join(folder, 'python'));
  const pm2 = await startPm2(join(folder, 'pm2'));
  try {
    // A start is not idleness: first reports, and runtimes that put their memory in order.
    await sleep(120_000);
    const written = disk.written();
    const cpu = { ours: sum(pids, cpuOf), python: sum(python.pids, cpuOf) };
    const pss: Record<'ours' | 'python' | 'pm2', number[]> = { ours: [], python: [], pm2: [] };
    for (let minute = 0; minute < minutes; minute++) {
      await sleep(60_000);
      pss.ours.push((sum(pids, pssOf) * MiB) / 1e6);
      pss.python.push((sum(python.pids, pssOf) * MiB) / 1e6);
      pss.pm2.push((sum(pm2.pids, pssOf) * MiB) / 1e6);
    }
    const what = { bench, metric: 'supervisor, engine and queue idle (PSS)', unit: 'MB', goal: '<= 64 MB' };
    print(
      compare(
        { ...what, peer: "Debian's supervisord with two Python programs that do nothing" },
        pss.ours,
        pss.python,
        (ours) => ours <= 64,
      ),
    );
    print(compare({ ...what, peer: 'pm2 alone' }, pss.ours, pss.pm2, (ours) => ours <= 64));
    print(
      compare(
        {
          bench,
          metric: `processor time idle over ${minutes} min`,
          unit: 's',
          peer: 'the same supervisord and programs',
          goal: 'stated',
        },
        [sum(pids, cpuOf) - cpu.ours],
        [sum(python.pids, cpuOf) - cpu.python],
        () => true,
      ),
    );
    print(
      compare(
        {
          bench,
          metric: 'written to the disk idle, an hour (ext4, its journal included)',
          unit: 'kB',
          peer: 'none',
          goal: 'stated',
        },
        [((disk.written() - written) * 60) / minutes / 1000],
        [],
        () => true,
      ),
    );
  } finally {
    await pm2.stop();
    await python.stop();
  }
}

async function update(
  operator: (...words: string[]) => string,
  disk: MeasuredDisk,
  folder: string,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<void> {
  const written: number[] = [];
  const tarballs: number[] = [];
  for (let version = 1; version <= 4; version++) {
    const tarball = packApplication(folder, version);
    operator('content', 'upload', product, tarball);
    const before = disk.written();
    operator('deploy', product, sn, `app.v${version}.tar.gz`);
    const isInstalled = () => {
      const text = execFileSync(join(home, 'bin', 'gwe'), ['history', 'app', '--json'], {
        env,
        encoding: 'utf8',
      });
      const entries = JSON.parse(text) as { version: string | null; state: string }[];
      return entries.some((entry) => entry.version === String(version) && entry.state === 'committed');
    };
    await waitUntil('the end of the install', isInstalled, { timeoutMs: 120_000, everyMs: 1_000 });
    // The reports of it are sent, and what SQLite keeps back is written.
    await sleep(5_000);
    written.push((disk.written() - before) / 1e6);
    tarballs.push(statSync(tarball).size / 1e6);
  }
  print(
    compare(
      {
        bench,
        metric: 'written to the disk by an update of 1 MB (tarball, unpacked, journal, reports)',
        unit: 'MB',
        peer: 'the tarball',
        goal: 'stated',
      },
      written.slice(1),
      tarballs.slice(1),
      () => true,
    ),
  );
}

/** A megabyte that no compression makes smaller, and a program that does nothing. */
function packApplication(folder: string, version: number): string {
  const content = join(folder, `app-${version}`);
  mkdirSync(content);
  writeFileSync(join(content, 'install.sh'), '#!/bin/sh\ntrue\n', { mode: 0o755 });
  writeFileSync(join(content, 'supervisor.conf'), '[supervisord]\ncommand = sleep 100000\n');
  writeFileSync(join(content, 'data'), randomBytes(1_000_000));
  const tarball = join(folder, `app.v${version}.tar.gz`);
  execFileSync('tar', ['-czf', tarball, '-C', content, '.']);
  return tarball;
}
