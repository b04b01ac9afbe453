import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TrafficLog } from '@gateway-engine/device-client';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HomeLayout, homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { ProcessLock } from '../../src/state/process-lock.ts';
import { StatusOutbox } from '../../src/state/status-outbox.ts';
import { TrustRecords } from '../../src/trust/trust-records.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('gwe status', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let layout: HomeLayout;

  beforeEach(async () => {
    folder = await temporaryFolder();
    layout = homeLayout(folder.path);
    await mkdir(layout.etc, { recursive: true });
    await mkdir(layout.state);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const gwe = (...args: string[]) => {
    const { GWE_TRAFFIC_DB: _, ...env } = process.env;
    return runToEnd(process.execPath, [main, ...args], {
      env: { ...env, GWE_HOME: folder.path },
      timeoutMs: 60_000,
    });
  };

  function spend(bytes: number): void {
    const log = new TrafficLog({ file: layout.accounts });
    const request = { program: 'gmq', class: 'data', method: 'record', host: 'h', status: 204 } as const;
    log.append({ ...request, time: Date.now(), interface: 'wwan0', sent: bytes, received: 0, duration: 1 });
    log.close();
  }

  it('shows what an interface used, what is left of its budget, what waits, until when and why', async () => {
    await writeFile(layout.engineConfig, '[budget]\nwwan0 = 10kB/day 1MB/month\n');
    spend(9_000);
    const midnight = new Date(new Date().setUTCHours(24, 0, 0, 0)).toISOString();
    const { output, exitCode } = await gwe('status');
    expect(exitCode).toBe(0);
    expect(output).toContain('  wwan0: today 9.0 kB, month 9.0 kB\n');
    expect(output).toContain(
      '  wwan0: today 9.0 kB of 10.0 kB used, 1.0 kB left; this month 9.0 kB of 1.0 MB used, 991 kB left\n',
    );
    expect(output).toContain(
      `    update waits until ${midnight} (downloads): 9.0 kB of 10.0 kB per day are used on wwan0; update stops at 80 %\n`,
    );
    const json = JSON.parse((await gwe('--status', '--json')).output);
    expect(json.budget).toEqual([
      {
        interfaces: 'wwan0',
        today: { limit: 10_000, used: 9_000, left: 1_000 },
        month: { limit: 1_000_000, used: 9_000, left: 991_000 },
        waits: [
          expect.objectContaining({ class: 'update', until: midnight }),
          expect.objectContaining({ class: 'log', until: midnight }),
        ],
      },
    ]);
  });

  it('says whether the engine runs and what it has not told yet', async () => {
    const database = await openEngineDatabase(layout);
    new StatusOutbox(database).add('something');
    expect(new ProcessLock(database, 'daemon').take()).toBe('taken');
    const { output } = await gwe('status');
    expect(output).toContain(`runs as process ${process.pid}\n`);
    expect(output).toContain('1 texts for the platform wait for the next check-in');
    expect(output).toContain('budget     none');
    database.close();
  });

  it('says which updates are taken, and shows the fingerprint of the root that they go back to', async () => {
    const pinned = async () => (await gwe('status')).output;
    expect(await pinned()).toContain('updates    any; no root is pinned\n');
    const database = await openEngineDatabase(layout);
    await writeFile(layout.gatewayCfg, '[device]\nmodel = pump\nvendor = pump\n');
    const sha256 = 'ab'.repeat(32);
    const records = new TrustRecords(database);
    records.setPin({ product: 'pump', sha256, root: Buffer.from('{}') });
    expect(await pinned()).toContain(`updates    only signed ones; the pinned root has sha256 ${sha256}\n`);
    records.keep({ product: 'pump', sha256 }, { root: 1, timestamp: 9, snapshot: 9, targets: 4 }, 5);
    expect(await pinned()).toContain(`sha256 ${sha256}, version 4 of the targets is known\n`);
    await writeFile(layout.engineConfig, '[ota]\nverify = off\n');
    expect(await pinned()).toContain('updates    any (verify = off); ');
    expect(JSON.parse((await gwe('--status', '--json')).output).ota).toEqual({
      verify: 'off',
      root_sha256: sha256,
      targets: 4,
    });
    database.close();
  });

  it('of a home in which nothing has run yet leaves it as it is', async () => {
    const { output, exitCode } = await gwe('status', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ engine: null, installs: [], untold: 0 });
  });

  it('says what is wrong with a budget, and with its own options', async () => {
    await writeFile(layout.engineConfig, '[budget]\nwwan0 = plenty\n');
    expect((await gwe('status')).output).toContain('Engine.config, line 2: wwan0 = plenty: expected limits');
    expect(await gwe('--json')).toMatchObject({
      exitCode: 1,
      output: 'gwe: --json goes with an option that prints something, such as --status; see gwe --help\n',
    });
  });
});
