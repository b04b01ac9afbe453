import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type RunningDaemon, startDaemon, startIn, writeConfig } from '../support/daemons.ts';

const timeout = { timeout: 60_000 };

async function healthOf(daemon: RunningDaemon, name: string) {
  return (await daemon.client.call('gwe.getHealth', [name])) as Record<string, string | number>;
}

async function healthy(daemon: RunningDaemon, name: string): Promise<void> {
  await waitUntil(`${name} to be healthy`, async () => (await healthOf(daemon, name)).health === 'healthy');
}

async function pidOf(daemon: RunningDaemon, name: string): Promise<number> {
  return (await daemon.client.getProcessInfo(name)).pid;
}

test('a program whose health check fails is restarted, and says so', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:app]\ncommand=sleep 1000\nstartsecs=0\nhealthcheck_command=test ! -e %(here)s/sick
healthcheck_interval=0.2\nhealthcheck_retries=2\n[program:plain]\ncommand=sleep 1000\n`,
  );
  await healthy(daemon, 'app');
  const before = await pidOf(daemon, 'app');
  writeFileSync(join(daemon.folder, 'sick'), '');
  await waitUntil('the restart', async () => ![0, before].includes(await pidOf(daemon, 'app')));
  rmSync(join(daemon.folder, 'sick'));
  expect(daemon.output()).toContain(
    'unhealthy: app is restarted: its health check failed 2 times in a row, the last time with: exit status 1',
  );
  await healthy(daemon, 'app');
  expect(await healthOf(daemon, 'app')).toMatchObject({ problem: '', restarts: expect.any(Number) });
  expect((await healthOf(daemon, 'plain')).health).toBe('unwatched');
});

test('a URL is looked at, and a stopped program is down and not restarted', timeout, async () => {
  const port = await freePort();
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await using daemon = await startDaemon(
    'embedded',
    `[program:web]\ncommand=sleep 1000\nstartsecs=0\nhealthcheck_url=http://127.0.0.1:${port}/health\nhealthcheck_interval=0.2\nhealthcheck_retries=1\n`,
  );
  await healthy(daemon, 'web');
  status = 503;
  await waitUntil('the restart', () => daemon.output().includes('the last time with: HTTP status 503'));
  await daemon.client.stopProcess('web').catch(() => undefined);
  await waitUntil(
    'it to stop',
    async () => (await daemon.client.getProcessInfo('web')).statename === 'STOPPED',
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect((await daemon.client.getProcessInfo('web')).statename).toBe('STOPPED');
  await new Promise((resolve) => server.close(resolve));
});

const notifier = `import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
assert os.environ['WATCHDOG_USEC'] == '600000'
for i in range(8):
    try:
        s.sendto(b'WATCHDOG=1\\nSTATUS=round %d' % i, os.environ['NOTIFY_SOCKET'])
    except OSError:
        pass
    time.sleep(0.2)
time.sleep(1000)
`;

test(
  'a program that stops to notify its watchdog is restarted, also one of another user',
  timeout,
  async () => {
    // Where the other user may read it.
    const folder = mkdtempSync('/tmp/gwe-notify-test-');
    chmodSync(folder, 0o755);
    const script = join(folder, 'notify.py');
    writeFileSync(script, notifier);
    try {
      await using daemon = await startDaemon(
        'embedded',
        `[program:dog]\ncommand=python3 ${script}\nuser=nobody\nstartsecs=0\nwatchdog_secs=0.6\n`,
      );
      await healthy(daemon, 'dog');
      const before = await pidOf(daemon, 'dog');
      expect(daemon.output()).not.toContain('unhealthy');
      await waitUntil('the restart', async () => ![0, before].includes(await pidOf(daemon, 'dog')));
      expect(daemon.output()).toContain(
        'unhealthy: dog is restarted: it gave no sign of life for 0.6 seconds (watchdog_secs)',
      );
      await healthy(daemon, 'dog');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('an adopted program goes on notifying the supervisor that adopted it', timeout, async () => {
  await using folder = await temporaryFolder();
  const script = join(folder.path, 'notify.py');
  writeFileSync(script, notifier.replace('range(8)', 'range(100000)'));
  writeConfig(folder.path, `[program:dog]\ncommand=python3 ${script}\nstartsecs=0\nwatchdog_secs=0.6\n`);
  const daemon = await startIn('embedded', folder.path);
  await healthy(daemon, 'dog');
  const pid = await pidOf(daemon, 'dog');
  daemon.process.kill('SIGKILL');
  await daemon.ended();
  await using again = await startIn('embedded', folder.path);
  await healthy(again, 'dog');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(await pidOf(again, 'dog')).toBe(pid);
  expect(String((await healthOf(again, 'dog')).status)).toMatch(/^round \d+$/);
});
