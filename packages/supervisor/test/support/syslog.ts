import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';

const receive = `
import os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
while True:
    os.write(1, receiver.recv(65536).rstrip(b"\\0\\n") + b"\\n")
`;

/**
 * A system log of the test's own in `folder`: a real socket, and a directory for PATH with a `logger` that is the real
 * one, made to write to that socket.
 */
export async function startSyslog(
  folder: string,
): Promise<{ readonly path: string; messages(): string[] } & AsyncDisposable> {
  const socket = join(folder, 'log.sock');
  writeFileSync(join(folder, 'logger'), `#!/bin/sh\nexec /usr/bin/logger -u ${socket} "$@"\n`);
  chmodSync(join(folder, 'logger'), 0o755);
  const receiver: ChildProcess = spawn('/usr/bin/python3', ['-c', receive, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let received = '';
  receiver.stdout?.on('data', (chunk: Buffer) => {
    received += chunk.toString('utf8');
  });
  await waitUntil('the system log', () => existsSync(socket));
  return {
    path: `${folder}:${process.env.PATH}`,
    messages: () => received.split('\n').slice(0, -1),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => receiver.on('exit', resolve));
      receiver.kill('SIGKILL');
      await ended;
    },
  };
}
