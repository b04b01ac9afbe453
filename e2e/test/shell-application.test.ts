import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { System } from '../src/system.ts';

const app = 'gdc-load-demo';

test('what an application in plain shell records by gdc while the platform is down arrives with its time', async () => {
  await using system = await System.start('embedded', ['load:float']);
  const tarball = await system.buildPackage(`examples/${app}`);
  await system.platform.process.stop();
  const stopped = Math.floor(Date.now() / 1000);
  await system.command('gwe', ['--install-apps', tarball]);
  await system.running(app);
  await waitUntil(
    'a value in the queue',
    async () => (await system.command('gmq', ['status', '--json'])).match(/"waiting":[1-9]/) !== null,
    { timeoutMs: 40_000, everyMs: 500 },
  );
  const back = Math.floor(Date.now() / 1000);
  await system.startPlatform();
  const arrived = await waitUntil(
    'the value of that time',
    async () => [...(await system.history('load'))].find(([ts]) => ts >= stopped && ts <= back),
    { timeoutMs: 60_000, everyMs: 500 },
  );
  expect(arrived[1]).toMatch(/^\d+(\.\d+)?$/);
  await waitUntil('the report', async () => (await system.report(app))?.version === '1', {
    timeoutMs: 30_000,
  });
});
