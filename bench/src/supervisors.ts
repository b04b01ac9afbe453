import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { waitUntil } from '@gateway-engine/testkit';

export type Side = 'ours' | 'supervisord';

export interface RunningSupervisor extends AsyncDisposable {
  readonly pid: number;
  readonly client: SupervisorClient;
}

/** Starts a supervisor with these `[program:x]` sections in a folder of its own. */
export async function startSupervisor(
  side: Side,
  executable: string,
  folder: string,
  programs: string,
): Promise<RunningSupervisor> {
  mkdirSync(folder, { recursive: true });
  const conf = join(folder, 'supervisord.conf');
  const socket = join(folder, 's.sock');
  writeFileSync(
    conf,
    `[supervisord]
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
childlogdir=${folder}
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
${programs}`,
  );
  const command = side === 'ours' ? executable : '/usr/bin/supervisord';
  const child: ChildProcess = spawn(command, ['-n', '-c', conf], { stdio: 'ignore', cwd: folder });
  const client = new SupervisorClient(`unix://${socket}`, { timeoutMs: 300_000 });
  await waitUntil(`${side} to answer`, async () => (await client.getState()).statename === 'RUNNING', {
    timeoutMs: 30_000,
  });
  return {
    pid: child.pid ?? 0,
    client,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
