import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataAudit } from '../src/data-audit.ts';
import { System } from '../src/system.ts';

describe('killed processes and outages', () => {
  let system: System;
  let audit: DataAudit;

  beforeEach(async () => {
    system = await System.start();
    audit = new DataAudit(system);
  });

  afterEach(async () => {
    await system?.[Symbol.asyncDispose]();
  });

  test('kill -9 of gmq with 500 queued records: each is stored at the platform, once', async () => {
    await system.platform.process.stop();
    await audit.recordMany(500);
    await system.killProgram('gmq');
    await system.startPlatform();
    await audit.everythingArrives();
    expect((await system.history('test')).size).toBe(500);
  });

  test('the platform is stopped for a while under load: nothing is lost', async () => {
    const load = startLoad(audit);
    await sleep(500);
    await system.platform.process.stop();
    await sleep(3_000);
    await system.startPlatform();
    await sleep(500);
    await load.stop();
    expect(audit.acknowledged.size).toBeGreaterThan(50);
    await audit.everythingArrives();
  });

  test('kill -9 of every process in turn under load: what was acknowledged is stored, and all run again; the death of the supervisor does not touch its programs', async () => {
    const load = startLoad(audit);
    await system.killProgram('gmq');
    await system.killProgram('gwe');
    await killKept('the platform', system.platform.process);
    const before = await programs();
    const acknowledged = audit.acknowledged.size;
    await killKept('the supervisor', system.gateway);
    expect(await programs()).toEqual(before);
    // The queue has taken records while there was no supervisor, and the new one starts it again when it dies.
    expect(audit.acknowledged.size).toBeGreaterThan(acknowledged);
    await system.killProgram('gmq');
    await load.stop();
    expect(audit.acknowledged.size).toBeGreaterThan(50);
    await audit.everythingArrives();
    expect((await system.history('test')).size).toBeGreaterThanOrEqual(audit.acknowledged.size);
  });

  async function programs() {
    const running = await Promise.all(['gwe', 'gmq'].map((name) => system.running(name)));
    return running.map(({ name, pid, start }) => ({ name, pid, start }));
  }

  async function killKept(name: string, kept: System['gateway']): Promise<void> {
    const pid = kept.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await waitUntil(`${name} to be started again`, () => kept.pid !== pid);
    await waitUntil('the gateway and the platform to answer', async () => {
      await system.supervisor.getState();
      return (await fetch(`${system.platform.url}/timestamp`)).ok;
    });
  }
});

/** Records points one after another until it is stopped. */
function startLoad(audit: DataAudit): { stop(): Promise<void> } {
  let going = true;
  const work = (async () => {
    while (going) {
      const taken = await audit.record();
      await sleep(taken ? 5 : 50);
    }
  })();
  return {
    stop: async () => {
      going = false;
      await work;
    },
  };
}
