import { spawnSync } from 'node:child_process';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startQueue } from '@gateway-engine/gmq';
import { runToEnd, silentLogger, systemClock } from '@gateway-engine/host';
import { SmallDisk, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { homeLayout } from '../../src/home/layout.ts';
import { prepareHome } from '../../src/home/prepare.ts';
import { FakePlatform } from '../check-in/fake-platform.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;

interface Told {
  readonly exitCode: number | null;
  readonly output: string;
  readonly told: { readonly ok: boolean; readonly findings: readonly Finding[] };
  readonly of: (name: string) => Finding | undefined;
}

async function doctor(home: string): Promise<Told> {
  const { GWE_TRAFFIC_DB: _, ...env } = process.env;
  const { exitCode, output } = await runToEnd(process.execPath, [main, 'doctor', '--json'], {
    env: { ...env, GWE_HOME: home },
    timeoutMs: 60_000,
  });
  const told = JSON.parse(output) as Told['told'];
  return { exitCode, output, told, of: (name) => told.findings.find((each) => each.name === name) };
}

/** A home that is configured for a platform, with a key. */
async function configuredHome(home: string, server: string, cik = 'a'.repeat(40)) {
  const idle = ['/bin/sleep', '100000'];
  const layout = await prepareHome({ home, server, commands: { gwe: idle, gmq: idle, gdc: idle } });
  await writeFile(layout.gatewayCfg, `[device]\ncik = ${cik}\nmodel = p\nvendor = p\nuuid = sn\n`);
  return layout;
}

async function listening(
  server: Server | ReturnType<typeof createSocketServer>,
  at: number | string,
): Promise<number> {
  await new Promise<void>((resolve) =>
    typeof at === 'number' ? server.listen(at, '127.0.0.1', resolve) : server.listen(at, resolve),
  );
  return typeof at === 'number' ? (server.address() as AddressInfo).port : 0;
}

describe('gwe doctor', () => {
  it('of a machine without a gateway says how to begin, and makes nothing', async () => {
    await using folder = await temporaryFolder();
    const home = join(folder.path, 'none');
    const { exitCode, told, of } = await doctor(home);
    expect(exitCode).toBe(1);
    expect(told.ok).toBe(false);
    expect(of('disk.home')).toMatchObject({
      outcome: 'failed',
      advice: expect.stringContaining('gwe enroll'),
    });
    await expect(stat(home)).rejects.toThrow('ENOENT');
  });

  it('bears whatever stands in the files of a home', async () => {
    await using folder = await temporaryFolder();
    const layout = homeLayout(folder.path);
    for (const path of [layout.programs, layout.state, layout.tuf, layout.engine])
      await mkdir(path, { recursive: true });
    const files = [
      layout.gatewayCfg,
      layout.engineConfig,
      layout.gmqCfg,
      layout.supervisordConf,
      layout.database,
      join(layout.state, 'gmq.db'),
      layout.accounts,
      join(layout.tuf, 'timestamp.json'),
      join(layout.engine, 'current'),
      join(layout.engine, 'trial'),
      join(layout.engine, 'trial.failed'),
      join(layout.programs, 'app.conf'),
      layout.supervisorSocket,
    ];
    await mkdir(layout.run);
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({ maxLength: 100 })
        .map((text) => Buffer.from(`[device]\n[engine]\nserver = http://127.0.0.1:1\n${text}`)),
      fc
        .string({ maxLength: 100 })
        .map((text) => Buffer.from(`[device]\nmodel = ${text}\nvendor = ${text}\nuuid = ${text}`)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: files.length, maxLength: files.length }),
        async (contents) => {
          for (const [index, file] of files.entries()) await writeFile(file, contents[index] ?? '');
          const { findings, hanging } = await diagnose(layout, systemClock);
          expect(hanging).toBe(false);
          expect(findings.filter(({ name }) => name.endsWith('.check'))).toEqual([]);
          expect(new Set(findings.map(({ name }) => name)).size).toBe(findings.length);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('finds a gateway well whose parts all run, then each that fails', async () => {
    await using kit = await GatewayKit.make();
    await using platform = await FakePlatform.start();
    const { layout } = kit;
    await configuredHome(layout.root, platform.url);
    await writeFile(layout.gmqCfg, `[server]\nlisten = 127.0.0.1:0\n[platform]\nserver = ${platform.url}\n`);
    const home = process.env.GWE_HOME;
    process.env.GWE_HOME = layout.root;
    const queue = await startQueue({ settingsFile: layout.gmqCfg, clock: systemClock, logger: silentLogger });
    try {
      await writeFile(
        join(layout.programs, 'broken.conf'),
        `[program:broken]\ncommand = /bin/sh -c 'echo no sensor, key ${'d'.repeat(40)}; exit 3'\nredirect_stderr = true\nstdout_logfile = ${layout.log}/broken.log\nstartretries = 0\nstartsecs = 1\n`,
      );
      await kit.startSupervisor();
      await waitUntil(
        'the broken program',
        async () => (await kit.supervisor.getProcessInfo('broken')).statename === 'FATAL',
        { timeoutMs: 30_000 },
      );
      await waitUntil(
        'gwe',
        async () => (await kit.supervisor.getProcessInfo('gwe')).statename === 'RUNNING',
      );
      const { of, output } = await doctor(layout.root);
      expect(of('supervisor.gwe')).toMatchObject({ outcome: 'ok' });
      expect(of('supervisor.programs')).toMatchObject({
        outcome: 'failed',
        found: expect.stringContaining('broken is FATAL'),
        advice: 'gwe logs broken',
      });
      expect(output).toContain('no sensor, key dddddddd***');
      expect(of('queue.answers')).toMatchObject({ outcome: 'ok' });
      expect(of('platform.activation')).toMatchObject({ outcome: 'ok' });
      expect(of('config.secrets')).toMatchObject({ outcome: 'ok' });
      // Its home's programs only sleep.
      expect(of('engine.runs')).toMatchObject({ outcome: 'failed' });

      platform.cik = undefined;
      await queue.stop();
      await kit.supervisor.stopProcess('gmq');
      const later = await doctor(layout.root);
      expect(later.of('platform.activation')).toMatchObject({
        outcome: 'failed',
        found: `${platform.url} does not accept the CIK`,
      });
      expect(later.of('queue.answers')).toMatchObject({ outcome: 'failed' });
      expect(later.of('supervisor.gmq')).toMatchObject({
        outcome: 'failed',
        advice: 'start it: supervisorctl start gmq',
      });
      for (const told of [output, later.output]) expect(told).not.toContain('a'.repeat(40));
    } finally {
      if (home === undefined) delete process.env.GWE_HOME;
      else process.env.GWE_HOME = home;
    }
  });

  it('finds a clock wrong by what the platform says', async () => {
    await using folder = await temporaryFolder();
    const platform = createServer((request, response) => {
      const isTime = request.url === '/timestamp';
      const text = isTime ? String(Math.floor(Date.now() / 1000) + 3 * 86_400) : '';
      response.writeHead(isTime ? 200 : 204, { 'Content-Length': text.length }).end(text);
    });
    try {
      const port = await listening(platform, 0);
      const layout = await configuredHome(folder.path, `http://127.0.0.1:${port}`);
      await chmod(layout.gatewayCfg, 0o644);
      const { of } = await doctor(folder.path);
      expect(of('clock.offset')).toMatchObject({
        outcome: 'failed',
        found: "the clock is 3 days behind the platform's",
        advice: expect.stringContaining('timedatectl'),
      });
      expect(of('clock.year')).toMatchObject({ outcome: 'ok' });
      expect(of('config.secrets')).toMatchObject({
        outcome: 'failed',
        found: expect.stringContaining('Gateway.cfg (0644)'),
      });
    } finally {
      platform.closeAllConnections();
      platform.close();
    }
  });

  it('comes to its end though platform and supervisor take the connection and say nothing', async () => {
    await using folder = await temporaryFolder();
    const silent = [createSocketServer(() => {}), createSocketServer(() => {})] as const;
    try {
      const port = await listening(silent[0], 0);
      const layout = await configuredHome(folder.path, `https://127.0.0.1:${port}`);
      await listening(silent[1], layout.supervisorSocket);
      const { of, exitCode } = await doctor(folder.path);
      expect(exitCode).toBe(1);
      expect(of('network.connection')).toMatchObject({ outcome: 'ok' });
      expect(of('network.tls')).toMatchObject({
        outcome: 'failed',
        found: expect.stringContaining('handshake'),
      });
      expect(of('platform.reachable')).toMatchObject({ outcome: 'failed' });
      expect(of('supervisor.answers')).toMatchObject({
        outcome: 'failed',
        found: expect.stringContaining('nothing within 5000 ms'),
      });
    } finally {
      for (const server of silent) server.close();
    }
  });

  it('comes to its end though a file hangs, as one on a network disk whose server has gone', async () => {
    await using folder = await temporaryFolder();
    const layout = homeLayout(folder.path);
    await mkdir(layout.etc, { recursive: true });
    // Nobody writes to it: whoever opens it waits for ever.
    expect(spawnSync('mkfifo', [layout.gatewayCfg]).status).toBe(0);
    const { of, exitCode } = await doctor(folder.path);
    expect(exitCode).toBe(1);
    expect(of('config.Gateway.cfg')).toMatchObject({
      outcome: 'failed',
      found: `${layout.gatewayCfg} cannot be read within 3 s: its disk hangs`,
    });
    expect(of('config.check')).toBe(undefined);
    expect(of('disk.write')).toMatchObject({ outcome: 'ok' });
  });

  it.runIf(isRoot)('tells a full disk from one that cannot be written', async () => {
    await using disk = await SmallDisk.mount(8);
    await configuredHome(disk.path, 'http://127.0.0.1:1');
    disk.fill();
    const full = await doctor(disk.path);
    expect(full.of('disk.space')).toMatchObject({
      outcome: 'failed',
      found: expect.stringContaining('0 B of 8.4 MB'),
    });
    expect(full.of('disk.write')).toMatchObject({
      outcome: 'failed',
      advice: expect.stringContaining('make room'),
    });
    expect(spawnSync('mount', ['-o', 'remount,ro', disk.path]).status).toBe(0);
    const readOnly = await doctor(disk.path);
    expect(readOnly.of('disk.write')).toMatchObject({
      outcome: 'failed',
      found: `the file system of ${disk.path} is read-only`,
    });
  });

  it('shows a person the same, with what to do below', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runToEnd(process.execPath, [main, 'doctor'], {
      env: { ...process.env, GWE_HOME: folder.path },
      timeoutMs: 60_000,
    });
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /^failed {3}config\.product +no product is configured\n +-> gwe enroll --product ID$/m,
    );
    expect(output).toMatch(/\n\d+ checks: \d+ ok, \d+ warnings?, \d+ failed, \d+ skipped\n$/);
  });
});
