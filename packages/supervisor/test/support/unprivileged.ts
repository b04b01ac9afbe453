import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@gateway-engine/testkit';
import { SupervisorClient } from '../../src/index.ts';
import { type RunningDaemon, writeConfig } from './daemons.ts';

const nobody = 65534;

/**
 * A supervisor that runs as the user nobody, who may make no cgroups: what a gateway without them looks like. With
 * `delegated` it is started in that cgroup, which is given to nobody.
 */
export async function startUnprivileged(programs: string, delegated?: string): Promise<RunningDaemon> {
  // Not in a folder of the test's own, where nobody may not go.
  const folder = mkdtempSync('/tmp/gwe-nobody-');
  const file = writeConfig(folder, programs);
  chownSync(folder, nobody, nobody);
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const identity = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const command = ['setpriv', ...identity, process.execPath, main, '-n', '-c', file];
  if (delegated !== undefined) {
    mkdirSync(delegated);
    for (const path of [delegated, join(delegated, 'cgroup.procs')]) chownSync(path, nobody, nobody);
    command.unshift('sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', delegated);
  }
  const [executable = '', ...argv] = command;
  const child = spawn(executable, argv, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  const end = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  const url = `unix://${join(folder, 's.sock')}`;
  const client = new SupervisorClient(url, { timeoutMs: 30_000 });
  const dispose = async () => {
    child.kill('SIGTERM');
    await end;
    rmSync(folder, { recursive: true, force: true });
    if (delegated !== undefined) rmdirSync(delegated);
  };
  try {
    await waitUntil('it to answer', async () => (await client.getState()).statename === 'RUNNING', {
      timeoutMs: 15_000,
    });
  } catch (error) {
    await dispose();
    throw new Error(`it does not answer: ${output}`, { cause: error });
  }
  return {
    folder,
    url,
    client,
    process: child,
    output: () => output,
    ended: () => end,
    [Symbol.asyncDispose]: dispose,
  };
}
