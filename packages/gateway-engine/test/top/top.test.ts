import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrafficLog } from '@gateway-engine/device-client';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import type { GatewayLook } from '../../src/top/gateway-look.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const environment = (home: string) => {
  const { GWE_TRAFFIC_DB: _, ...env } = process.env;
  return { ...env, GWE_HOME: home, TERM: 'xterm' };
};

const top = (home: string, ...args: string[]) =>
  runToEnd(process.execPath, [main, 'top', ...args], { env: environment(home), timeoutMs: 60_000 });

describe('gwe top', () => {
  it.each([
    ['ours', undefined],
    ['a real supervisord', ['/usr/bin/supervisord']],
  ])('shows the programs of %s with what they take, and the use of the network', async (_, command) => {
    await using kit = await GatewayKit.make();
    await writeFile(
      join(kit.layout.programs, 'busy.conf'),
      `[program:busy]\ncommand = /bin/sh -c 'while :; do :; done'\nstartsecs = 0\n`,
    );
    await kit.startSupervisor(command);
    const accounts = new TrafficLog({ file: kit.layout.accounts });
    const request = {
      interface: 'lo',
      host: 'h',
      status: 204,
      duration: 1,
      sent: 700,
      received: 300,
    } as const;
    accounts.append({
      ...request,
      time: Date.now() - 60_000,
      program: 'gwe',
      class: 'control',
      method: 'write',
    });
    accounts.append({ ...request, time: Date.now(), program: 'gmq', class: 'data', method: 'record' });
    accounts.close();
    await waitUntil('gwe', async () => (await kit.supervisor.getProcessInfo('gwe')).statename === 'RUNNING');

    const { output, exitCode } = await top(kit.layout.root, '--json');
    expect(exitCode).toBe(0);
    const look = JSON.parse(output) as GatewayLook;
    const busy = look.programs?.find(({ name }) => name === 'busy');
    expect(busy).toMatchObject({ state: 'RUNNING', pid: expect.any(Number), processes: 1, problem: '' });
    expect(busy?.cpu).toBeGreaterThan(5);
    expect(busy?.memory).toBeGreaterThan(50_000);
    expect(busy?.restarts).toBe(command ? null : 0);
    expect(look.programs?.map(({ name }) => name)).toEqual(['busy', 'gmq', 'gwe']);
    expect(look.network).toEqual({ control: 1000, data: 1000 });
    expect(look.checkIn?.last).toBeGreaterThanOrEqual(60);
    expect((look.checkIn?.last ?? 0) + (look.checkIn?.next ?? 0)).toBe(14_400);
    expect(look.queue).toBe(null);

    const printed = await top(kit.layout.root);
    expect(printed.output).toMatch(/^busy +RUNNING +\d+ /m);
    expect(printed.output).not.toContain('\x1b');
  });

  it('says what it cannot know of a home in which nothing runs', async () => {
    await using folder = await temporaryFolder();
    const { output, exitCode } = await top(folder.path, '--once');
    expect(exitCode).toBe(0);
    expect(output).toContain('! no answer from the supervisor');
    expect(output).toContain('queue    not known');
    expect((await top(folder.path, '--interval', '0')).exitCode).toBe(1);
  });

  it.each<[string, (terminal: ChildProcess, pid: number) => void]>([
    ['q', ({ stdin }) => stdin?.write('q')],
    ['Ctrl-C', ({ stdin }) => stdin?.write('\x03')],
    ['a signal', (_, pid) => process.kill(pid, 'SIGTERM')],
  ])('fills a terminal, and on %s leaves it as it was', async (_, end) => {
    await using folder = await temporaryFolder();
    const pidFile = join(folder.path, 'pid');
    const script = `sh -c 'echo $$ > "${pidFile}"; exec "${process.execPath}" "${main}" top --interval 0.5'; stty -a`;
    // A terminal of its own, by the util-linux command that every Debian has.
    const terminal = spawn('script', ['-qec', script, '/dev/null'], { env: environment(folder.path) });
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk;
    });
    const closed = new Promise((resolve) => terminal.on('close', resolve));
    await waitUntil('two drawings', () => shown.split('\x1b[H').length > 2, { timeoutMs: 30_000 });
    end(terminal, Number(await readFile(pidFile, 'utf8')));
    await closed;
    expect(shown.indexOf('\x1b[?1049h')).toBe(0);
    expect(shown.split('\x1b[?1049l')).toHaveLength(2);
    const after = shown.slice(shown.indexOf('\x1b[?1049l'));
    expect(after).toMatch(/ icanon /);
    expect(after).toMatch(/ echo /);
  });
});
