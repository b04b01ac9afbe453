import { DeviceClient, type Verdict } from '@gateway-engine/device-client';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { InstallNotice } from '../../src/check-in/install-notice.ts';
import { CheckInLoop } from '../../src/check-in/loop.ts';
import { PlatformClock } from '../../src/check-in/platform-clock.ts';
import { ReportMemory } from '../../src/reports/report-memory.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';
import { FakePlatform } from './fake-platform.ts';

const hour = 3_600_000;

it('over its budget a gateway says so once and only asks for work, once an hour; then it is as before', async () => {
  await using platform = await FakePlatform.start();
  await using gateway = await GatewayKit.make();
  const clock = new FakeClock();
  const client = new DeviceClient({ server: platform.url, cik: platform.cik, accounting: false });
  const journal = gateway.journal();
  const report = (alias: string) => ({
    alias,
    look: async () => alias,
    changed: (sent: string, now: string) => sent !== now,
    text: async (facts: string) => facts,
  });
  let budget: Verdict = {
    kind: 'waits',
    class: 'control',
    interfaces: 'wwan0',
    until: clock.now() + 3 * hour,
    because: 'used up',
  };
  const loop = new CheckInLoop(
    {
      client,
      identity: { vendor: 'prod', model: 'prod', serial: 'sn', cik: platform.cik },
      gatewayCfg: gateway.layout.gatewayCfg,
      reserve: gateway.layout.reserve,
      reports: new ReportMemory(['device_info', 'engine_report'].map(report), () => clock.monotonic()),
      platformClock: new PlatformClock(clock),
      budget: async () => budget,
      outbox: gateway.outbox,
      notice: new InstallNotice(journal, clock),
      journal,
      runner: gateway.runner(journal),
      clock,
      logger: silentLogger,
      longPoll: true,
      enrol: async () => true,
      activationRetryMs: 1_000,
      onCheckIn: () => {},
      keepInterval: async () => {},
    },
    60,
  );
  const ending = new AbortController();
  const running = loop.run(ending.signal).catch(() => {});
  const written = () => platform.checkIns().map((request) => [...request.written.keys()]);
  const checkIns = (count: number) =>
    waitUntil(`${count} check-ins`, async () => {
      // The loop sleeps only when its request has been answered.
      await clock.advance(0);
      return written().length === count;
    });
  await checkIns(1);
  gateway.outbox.add('told later');
  for (let minute = 0; minute < 59; minute++) await clock.advance(60_000);
  expect(written()).toEqual([['engine_report']]);
  await waitUntil('the second one', async () => {
    await clock.advance(60_000);
    return written().length === 2;
  });
  expect(written()).toEqual([['engine_report'], []]);
  expect(platform.seen).toHaveLength(2);

  budget = { kind: 'may', left: Number.POSITIVE_INFINITY };
  await waitUntil('the third one', async () => {
    await clock.advance(60_000);
    return written().length === 3;
  });
  expect(written()[2]).toEqual(['device_info', 'engine_report', 'fetch_status']);
  await waitUntil('the long poll', () => platform.seen.length === 4);
  ending.abort();
  await running;
  client.close();
});
