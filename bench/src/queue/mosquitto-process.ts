import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '@gateway-engine/host';
import { connectAsync } from 'mqtt';
import { keepPublishing } from './keep-publishing.ts';

/**
 * A publisher to Mosquitto, QoS 1, and a subscriber that sleeps meanwhile and then asks for what it missed:
 * PORT IN_FLIGHT SECONDS.
 */
await runCommand('mosquitto', async () => {
  const [port = '', inFlight = '', seconds = ''] = process.argv.slice(2);
  const url = `mqtt://127.0.0.1:${port}`;
  const sleeper = { clientId: 'sleeper', clean: false, reconnectPeriod: 0 };
  const first = await connectAsync(url, sleeper);
  await first.subscribeAsync('points', { qos: 1 });
  await first.endAsync();
  const publisher = await connectAsync(url, { reconnectPeriod: 0 });
  const { taken, seconds: lasted } = await keepPublishing(Number(inFlight), Number(seconds), () =>
    publisher.publishAsync('points', 'alias=temperature&1700000000=21.5', { qos: 1 }),
  );
  await publisher.endAsync();
  let arrived = 0;
  let last = performance.now();
  const again = await connectAsync(url, sleeper);
  again.on('message', () => {
    arrived++;
    last = performance.now();
  });
  while (arrived < taken && performance.now() - last < 3_000) await sleep(50);
  await again.endAsync();
  process.stdout.write(`${JSON.stringify({ taken, seconds: lasted, dropped: taken - arrived })}\n`);
});
