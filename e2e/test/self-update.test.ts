import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setIniOption } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineTarball } from '../src/engine-package.ts';
import { product, System, sn } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

describe('an engine that is updated over the air', () => {
  let system: System;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let hosted: number;
  let cik: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    system = await System.start('installed');
    const config = join(system.home, 'etc', 'Engine.config');
    const text = setIniOption(await readFile(config, 'utf8'), 'ota', 'engine_probation_secs', '30');
    await writeFile(config, setIniOption(text, 'ota', 'probation_secs', '1'));
    await system.killProgram('gwe');
    await system.deploy(
      makeTarball(folder.path, 'steady.v1.tar.gz', [
        script('install.sh', 'true'),
        { path: 'supervisor.conf', content: '[supervisord]\ncommand = sleep 100000\n' },
      ]),
    );
    await waitUntil('the application', async () => (await system.report('steady'))?.status === 'RUNNING', {
      timeoutMs: 60_000,
    });
    hosted = (await system.running('steady')).pid;
    cik = await identity();
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const identity = async () =>
    /^cik = (\w{40})$/m.exec(await readFile(join(system.home, 'etc', 'Gateway.cfg'), 'utf8'))?.[1] ?? '';

  /** Deploys an engine and gives what `fetch_status` says at the end. */
  async function statusAfter(...engine: Parameters<typeof engineTarball>): Promise<string> {
    await system.operator('device', 'write', product, sn, 'fetch_status', '');
    await system.deploy(engineTarball(...engine));
    return await waitUntil(
      'fetch_status',
      async () => {
        const text = await system.value('fetch_status');
        return text?.includes(`GatewayEngine.v${engine[1]}`) && text;
      },
      { timeoutMs: 120_000 },
    );
  }

  /** Which version each of the engine's processes runs from. */
  async function slots(): Promise<(string | undefined)[]> {
    const own = Number(await system.supervisor.call('supervisor.getPID'));
    const pids = [own, (await system.running('gwe')).pid, (await system.running('gmq')).pid];
    return await Promise.all(
      pids.map(async (pid) => {
        const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
        return environment.find((word) => word.startsWith('GWE_ENGINE_SLOT='))?.slice(16);
      }),
    );
  }

  const allRunFrom = (version: string) =>
    waitUntil(
      `everything to run from ${version}`,
      async () => (await slots()).every((slot) => slot === version),
      { timeoutMs: 60_000 },
    );

  async function nothingElseChanged(): Promise<void> {
    expect((await system.running('steady')).pid).toBe(hosted);
    expect(await identity()).toBe(cik);
    await waitUntil('the queue', async () => {
      const stored = await fetch(`${system.gmqUrl}/onep:v1/stack/alias`, {
        method: 'POST',
        headers: { 'X-Exosite-CIK': cik, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'test=1',
      });
      return stored.status === 204;
    });
  }

  test('runs from the new version when that has checked in, and no application is restarted', async () => {
    expect(await slots()).toEqual(['1', '1', '1']);
    expect(await statusAfter(folder.path, '2')).toContain('GatewayEngine.v2.tar.gz: installed');
    await allRunFrom('2');
    expect((await system.report('GatewayEngine'))?.version).toBe('2');
    await nothingElseChanged();
  });

  test('goes back when the new version does not start', async () => {
    const status = await statusAfter(folder.path, '3', { gwe: '[ $# -gt 0 ] || exit 1' });
    expect(status).toContain('GatewayEngine.v3.tar.gz: not installed: gwe was started 3 times');
    expect(status).toContain('version 2 of the engine runs again');
    await allRunFrom('2');
    await nothingElseChanged();
  });

  test('goes back when the queue of the new version does not run', async () => {
    const status = await statusAfter(folder.path, '4', { gmq: 'exit 1' });
    expect(status).toContain('it had not checked in with its queue running within 30 s');
    await allRunFrom('2');
    await nothingElseChanged();
  });

  test('goes back when the supervisor of the new version does not start', async () => {
    const status = await statusAfter(folder.path, '5', { 'gwe-supervisord': 'exit 1' });
    expect(status).toContain('gwe-supervisord was started 3 times and has ended each time');
    await allRunFrom('2');
    await nothingElseChanged();
    expect((await system.report('GatewayEngine'))?.version).toBe('2');
  });
});
