import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { SupervisorClient } from '../../src/index.ts';

export type Target = 'embedded' | 'supervisord';

const commands: Readonly<Record<Target, readonly string[]>> = {
  embedded: [process.execPath, fileURLToPath(new URL('../../src/main.ts', import.meta.url))],
  supervisord: ['/usr/bin/supervisord'],
};

/** A supervisor in a folder of its own, stopped and removed when the scope ends. */
export interface RunningDaemon extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly client: SupervisorClient;
  readonly process: ChildProcess;
  /** What it wrote to standard output and error so far. */
  output(): string;
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Writes `supervisord.conf` with these programs into a folder; `confs` become files in conf.d. */
export function writeConfig(folder: string, programs: string, confs: Record<string, string> = {}): string {
  mkdirSync(join(folder, 'conf.d'), { recursive: true });
  for (const [name, text] of Object.entries(confs)) writeFileSync(join(folder, 'conf.d', name), text);
  const file = join(folder, 'supervisord.conf');
  writeFileSync(
    file,
    `[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
environment=SHARED="of all"
[unix_http_server]
file=%(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
[include]
files=conf.d/*.conf
${programs}`,
  );
  return file;
}

export function spawnDaemon(
  target: Target,
  args: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
) {
  const [command = '', ...first] = commands[target];
  const child = spawn(command, [...first, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FROM_OUTSIDE: 'outside', ...environment },
  });
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const end = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  return { child, output: () => output, ended: () => end };
}

/** Starts a supervisor on a configuration and waits until it answers. */
export async function startIn(target: Target, folder: string): Promise<RunningDaemon> {
  const url = `unix://${join(folder, 's.sock')}`;
  const client = new SupervisorClient(url, { timeoutMs: 30_000 });
  const { child, output, ended } = spawnDaemon(
    target,
    ['-n', '-c', join(folder, 'supervisord.conf')],
    folder,
  );
  const answers = waitUntil(
    `${target} to answer`,
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) return true;
      return (await client.getState()).statename === 'RUNNING';
    },
    { timeoutMs: 15_000 },
  );
  await answers.catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${target} ended: ${output()}`);
  return {
    folder,
    url,
    client,
    process: child,
    output,
    ended,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await ended();
    },
  };
}

export async function startDaemon(
  target: Target,
  programs: string,
  confs: Record<string, string> = {},
): Promise<RunningDaemon> {
  const folder = await temporaryFolder();
  writeConfig(folder.path, programs, confs);
  const daemon = await startIn(target, folder.path);
  return {
    ...daemon,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
