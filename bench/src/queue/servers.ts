import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { formatIni } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';

/** A server process on a port of 127.0.0.1. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

/** Starts a server and resolves when it takes connections. */
export async function startServer(
  port: number,
  [command = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningServer> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const stop = () => end(child);
  try {
    await waitUntil(
      `${command} to listen`,
      () => {
        if (child.exitCode !== null) throw new Error(`${command} ended: ${log}`);
        return takesConnections(port);
      },
      { timeoutMs: 60_000, everyMs: 20 },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.pid === undefined) throw new Error(`${command} has no pid`);
  return { port, pid: child.pid, stop, [Symbol.asyncDispose]: stop };
}

/** Starts `gmq` with a home of its own; `settings` are sections of gmq.cfg. */
export async function startQueue(
  command: readonly string[],
  home: string,
  settings: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<RunningServer> {
  const port = await freePort();
  const sections = { ...settings, server: { listen: `127.0.0.1:${port}` } };
  mkdirSync(join(home, 'etc'), { recursive: true });
  writeFileSync(
    join(home, 'etc', 'gmq.cfg'),
    formatIni(Object.entries(sections).map(([name, options]) => [name, Object.entries(options)])),
  );
  return startServer(port, command, { ...process.env, GWE_HOME: home });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(late);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}
