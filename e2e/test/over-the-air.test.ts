import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { app, product, type SupervisorKind, System, sn } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

describe.each<SupervisorKind>(['embedded', 'supervisord'])(
  'an application delivered over the air to a gateway with the supervisor %s',
  (supervisor) => {
    let system: System;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;

    beforeAll(async () => {
      folder = await temporaryFolder();
      system = await System.start(supervisor);
    });

    afterAll(async () => {
      await system?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    const build = (version: number) => system.buildPackage(`examples/${app}/v${version}`);

    /** Deploys a tarball and gives the `fetch_status` that it ends with. */
    async function fetchStatusAfter(tarball: string): Promise<string> {
      await system.operator('device', 'write', product, sn, 'fetch_status', '');
      await system.deploy(tarball);
      return waitUntil('fetch_status', async () => (await system.value('fetch_status')) || undefined, {
        timeoutMs: 60_000,
      });
    }

    const versionReported = (version: string) =>
      waitUntil(
        `engine_report to say ${app} ${version} RUNNING`,
        async () => {
          const report = await system.report(app);
          return report?.version === version && report.status === 'RUNNING' && report;
        },
        { timeoutMs: 60_000 },
      );

    async function dataMoves(): Promise<void> {
      const before = (await system.history('sine-data')).size;
      await waitUntil('new points', async () => (await system.history('sine-data')).size > before, {
        timeoutMs: 20_000,
      });
    }

    test('version 1 arrives, runs and its data reaches the platform', async () => {
      await system.deploy(await build(1));
      await versionReported('1');
      await dataMoves();
      expect(await system.value('engine_fetch')).toBe('');
    });

    test('version 2 replaces it: one entry in the report, with the new version', async () => {
      await system.deploy(await build(2));
      await versionReported('2');
      await dataMoves();
      const { apps } = JSON.parse((await system.value('engine_report')) ?? '') as { apps: object[] };
      expect(apps.filter((entry) => app in entry)).toHaveLength(1);
    });

    test('a crash of its program ends in another one that runs', async () => {
      const { pid } = await system.running(app);
      process.kill(pid, 'SIGKILL');
      await waitUntil('another process', async () => {
        const info = await system.supervisor.getProcessInfo(app);
        return info.statename === 'RUNNING' && info.pid !== pid;
      });
      await dataMoves();
    });

    test('the reports hold what the documented dashboard reads', async () => {
      const info = JSON.parse((await system.value('device_info')) ?? '');
      expect(info).toMatchObject({
        uname: expect.stringContaining('Linux'),
        df: expect.any(String),
        free: expect.any(String),
      });
      expect(info.ipaddrs).toEqual(expect.arrayContaining([expect.stringContaining('127.0.0.1')]));
      const usage = await waitUntil(
        'the queue in usage_report',
        async () => {
          const report = JSON.parse((await system.value('usage_report')) ?? '');
          return report.lo.gmq?.record?.num > 0 && report;
        },
        { timeoutMs: 60_000 },
      );
      expect(usage.lo.gwe.activate).toMatchObject({ num: 1, month: { num: 1 } });
      expect(usage.lo.kernel.rx).toBeGreaterThan(usage.lo.gmq.record.tot_rx);
      expect(info.disks.length).toBeGreaterThan(0);
      expect(info.clock).toMatchObject({ state: expect.stringMatching(/^(ok|unknown)$/) });
    });

    test('the report tells what an application costs, and after a crash why it was started again', async () => {
      const report = await waitUntil(
        'the crash in engine_report',
        async () => {
          const found = await system.report(app);
          // A supervisord forgets a crash as soon as the program is up again.
          return (
            found?.status === 'RUNNING' && (supervisor === 'supervisord' || found.restarts !== 0) && found
          );
        },
        { timeoutMs: 60_000 },
      );
      expect(report.memory).toBeGreaterThan(100_000);
      if (supervisor === 'embedded') {
        expect(report).toMatchObject({ restarts: 1, exitstatus: -1 });
        expect(report.last_error).toContain('SIGKILL');
      }
    });

    test('a tarball that is no archive is refused, and the old version goes on', async () => {
      const before = await system.running(app);
      const tarball = join(folder.path, `${app}.v3.tar.gz`);
      await writeFile(tarball, 'this is no archive');
      expect(await fetchStatusAfter(tarball)).toContain(`${app}.v3.tar.gz`);
      expect((await system.running(app)).pid).toBe(before.pid);
      expect((await system.report(app))?.version).toBe('2');
    });

    test('a tarball with a path that leads outside is refused, and nothing of it is written', async () => {
      const before = await system.running(app);
      const tarball = makeTarball(
        folder.path,
        `${app}.v4.tar.gz`,
        [script('install.sh', 'exit 0'), { path: 'evil', content: 'evil' }],
        ['--transform', 's,^\\./evil$,../../../evil,', '--absolute-names'],
      );
      expect(await fetchStatusAfter(tarball)).toMatch(/evil/);
      expect((await system.running(app)).pid).toBe(before.pid);
      for (const place of ['apps/evil', 'evil', 'apps/gmq-sine-demo/evil', '../evil']) {
        await expect(readFile(join(system.home, place))).rejects.toThrow('ENOENT');
      }
    });

    test('an install.sh that exits 3 is reported with its output, and the old version is running', async () => {
      const tarball = makeTarball(folder.path, `${app}.v5.tar.gz`, [
        script('install.sh', 'echo no such sensor', 'echo on standard error >&2', 'exit 3'),
        { path: 'supervisor.conf', content: '[supervisord]\ncommand = sleep 1000\n' },
      ]);
      const status = await fetchStatusAfter(tarball);
      expect(status).toContain('no such sensor');
      expect(status).toContain('on standard error');
      expect(status).toMatch(/exit(ed|s)?( with)?( status)? 3/);
      await versionReported('2');
      await dataMoves();
    });

    test('an unknown tarball, and an engine_fetch that is no JSON, are reported and cleared', async () => {
      await system.operator(
        'device',
        'write',
        product,
        sn,
        'engine_fetch',
        '{"install":[{"name":"nothing.v1.tar.gz"}]}',
      );
      await waitUntil(
        'fetch_status',
        async () => (await system.value('fetch_status'))?.includes('nothing.v1.tar.gz'),
        {
          timeoutMs: 60_000,
        },
      );
      await system.operator('device', 'write', product, sn, 'engine_fetch', '}garbage{');
      await waitUntil(
        'fetch_status',
        async () => (await system.value('fetch_status'))?.includes('not JSON'),
        {
          timeoutMs: 60_000,
        },
      );
      await waitUntil('engine_fetch to be cleared', async () => (await system.value('engine_fetch')) === '');
      expect((await system.running(app)).statename).toBe('RUNNING');
    });

    test('a one-off application runs its installer and is listed with its version', async () => {
      const tarball = makeTarball(folder.path, 'log-tail.v1-2.tar.gz', [
        script('install.sh', 'echo the last lines'),
      ]);
      expect(await fetchStatusAfter(tarball)).toContain('the last lines');
      await waitUntil('the report', async () => (await system.report('log-tail'))?.version === '1-2');
    });

    test('a version that crashes within its probation gives way to the one before', async () => {
      const tarball = makeTarball(folder.path, `${app}.v6.tar.gz`, [
        script('install.sh', 'exit 0'),
        {
          path: 'supervisor.conf',
          content: "[supervisord]\ncommand = /bin/sh -c 'sleep 0.5; echo gave up; exit 1'\nstartsecs = 0\n",
        },
      ]);
      const status = await fetchStatusAfter(tarball);
      expect(status).toContain(`${app}.v6.tar.gz: not installed: within its probation of 1 s`);
      expect(status).toContain('gave up');
      expect(status).toContain('version 2 is running again');
      await versionReported('2');
    });

    test('an application is removed from afar', async () => {
      await system.operator('device', 'write', product, sn, 'engine_fetch', `{"remove":["${app}"]}`);
      await waitUntil(
        'fetch_status',
        async () => (await system.value('fetch_status')) === `${app}: version 2 removed`,
        { timeoutMs: 60_000 },
      );
      await waitUntil('the report', async () => (await system.report(app)) === undefined);
    });
  },
);
