import { join } from 'node:path';
import { commandLine, KeptProcess, runCommandLine } from '@gateway-engine/demo';
import { systemClock } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { product, type SupervisorKind, System, sn } from '../src/system.ts';

interface Finding {
  readonly name: string;
  readonly outcome: string;
  readonly found: string;
}

describe.each<SupervisorKind>(['embedded', 'supervisord'])('a gateway with the supervisor %s', (kind) => {
  let system: System;
  beforeAll(async () => {
    system = await System.start(kind);
    // It has checked in already, but counts as STARTING for a second.
    await Promise.all(['gwe', 'gmq'].map((name) => system.running(name)));
  });
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
  });

  it('is well by gwe doctor, and shows itself by gwe top and gwe logs', async () => {
    const told = JSON.parse(await system.command('gwe', ['doctor', '--json'])) as {
      ok: boolean;
      findings: readonly Finding[];
    };
    expect(told.findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(told.ok).toBe(true);
    const found = (name: string) => told.findings.find((each) => each.name === name)?.outcome;
    for (const name of [
      'supervisor.gwe',
      'supervisor.gmq',
      'queue.answers',
      'engine.runs',
      'platform.activation',
    ]) {
      expect([name, found(name)]).toEqual([name, 'ok']);
    }

    const top = JSON.parse(await system.command('gwe', ['top', '--json']));
    expect(top).toMatchObject({
      programs: [
        { name: 'gmq', state: 'RUNNING', cpu: expect.any(Number) },
        { name: 'gwe', state: 'RUNNING', cpu: expect.any(Number) },
      ],
      queue: { running: true, waiting: 0, deadLetters: 0 },
      network: { control: expect.any(Number) },
      checkIn: { last: expect.any(Number) },
      problems: [],
    });

    expect(await system.command('gwe', ['logs', 'gwe', '-n', '100'])).toContain('Gateway Engine starts');
    expect(await system.command('gwe', ['enroll'])).toBe(
      `This gateway is serial number "${sn}" of product "${product}" at ${system.platform.url} already, and the platform accepts its CIK.`,
    );
  });

  if (kind === 'supervisord') return;
  it('has a bare machine for a neighbour, once that has run gwe enroll and its supervisor', async () => {
    const home = join(system.folder, 'bare');
    const env = { ...system.environment(), GWE_HOME: home };
    const gwe = (...args: string[]) => runCommandLine('gwe', args, { env });
    const identity = ['--server', system.platform.url, '--product', product, '--serial', 'bare-1'];
    await expect(gwe('enroll', ...identity)).rejects.toThrow(`gwe-platform device add ${product} bare-1`);

    await system.operator('device', 'add', product, 'bare-1');
    expect(await gwe('enroll')).toContain('Activated: this gateway is serial number "bare-1"');
    await runCommandLine('gmq', ['cfg', 'set', 'server', 'listen', `127.0.0.1:${await freePort()}`], {
      env,
    });
    const supervisor = new KeptProcess(
      {
        name: 'the supervisor',
        command: [...commandLine('gwe-supervisord'), '-n', '-c', join(home, 'etc', 'supervisord.conf')],
        env,
        logFile: join(system.folder, 'log', 'bare.log'),
        ready: async () => {},
      },
      { clock: systemClock, onPid: () => {}, onRestart: () => {} },
    );
    try {
      await supervisor.start();
      await waitUntil(
        'its first report',
        async () => {
          const points = await system.operator(
            'device',
            'history',
            product,
            'bare-1',
            'engine_report',
            '--json',
          );
          return (JSON.parse(points) as { points: unknown[] }).points.length > 0;
        },
        { timeoutMs: 30_000, everyMs: 500 },
      );
      expect(JSON.parse(await gwe('doctor', '--json')).ok).toBe(true);
    } finally {
      await supervisor.stop();
    }
  });
});
