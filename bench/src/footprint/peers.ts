import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@gateway-engine/testkit';
import { peer } from '../peers.ts';

/** What stands in for an engine in Python: the modules that one of these duties needs, loaded, and a loop. */
const pythonEngine = `
import http.client, http.server, json, logging, logging.handlers, sqlite3, ssl, subprocess, tarfile, threading, time, urllib.request
ssl.create_default_context()
sqlite3.connect(':memory:').execute('create table t (x)')
while True: time.sleep(60)
`;

/** Debian's supervisord with an engine and a queue of the size that Python gives them. Gives their processes. */
export async function startPythonStack(
  folder: string,
): Promise<{ pids: number[]; stop: () => Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'engine.py');
  writeFileSync(script, pythonEngine);
  const conf = join(folder, 'supervisord.conf');
  const program = (name: string) => `[program:${name}]\ncommand = python3 ${script}\n`;
  writeFileSync(
    conf,
    `[supervisord]\nlogfile = ${folder}/supervisord.log\npidfile = ${folder}/pid\nchildlogdir = ${folder}\n${program('engine')}${program('queue')}`,
  );
  const child: ChildProcess = spawn('/usr/bin/supervisord', ['-n', '-c', conf], {
    stdio: 'ignore',
    cwd: folder,
  });
  const pid = child.pid ?? 0;
  const pids = await waitUntil('the programs of supervisord', () => {
    const children = childrenOf(pid);
    return children.length === 2 && [pid, ...children];
  });
  return {
    pids,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** pm2 with two programs that do nothing, in a folder of its own. Gives the process of pm2 alone. */
export async function startPm2(folder: string): Promise<{ pids: number[]; stop: () => Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const entry = join(peer('pm2', '7.0.4'), 'bin', 'pm2');
  const pm2 = (...args: string[]) =>
    promisify(execFile)(process.execPath, [entry, ...args], { env: { ...process.env, PM2_HOME: folder } });
  const script = join(folder, 'program.sh');
  writeFileSync(script, 'exec sleep 100000\n');
  for (const name of ['engine', 'queue']) await pm2('start', script, '--interpreter', 'bash', '--name', name);
  return {
    pids: [Number(readFileSync(join(folder, 'pm2.pid'), 'utf8'))],
    stop: async () => void (await pm2('kill')),
  };
}

export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
