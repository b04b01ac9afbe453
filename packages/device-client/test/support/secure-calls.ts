/**
 * A program that tests run on several runtimes: makes calls over TLS and by a proxy as its one argument (JSON) says, and
 * prints how each ended.
 */
import { DeviceClient, type DeviceClientOptions, type Traffic } from '../../src/index.ts';

const given: { name: string; options: DeviceClientOptions; calls?: number }[] = JSON.parse(
  process.argv[2] ?? '[]',
);
const outcomes: Record<string, unknown> = {};
for (const { name, options, calls = 1 } of given) {
  const traffic: Traffic[] = [];
  const client = new DeviceClient({
    ...options,
    timeoutMs: 10_000,
    program: 'secure',
    onTraffic: (entry) => traffic.push(entry),
  });
  try {
    for (let call = 0; call < calls; call++) {
      const body = await client.read(['a'], { signal: AbortSignal.timeout(20_000) });
      outcomes[name] = body.values.get('a');
    }
  } catch (error) {
    const { code, cause } = error as Error & { code?: string; cause?: { code?: string; message?: string } };
    outcomes[name] = `${code} ${cause?.code ?? cause?.message}`;
  }
  outcomes[`${name}, bytes`] = traffic.reduce((sum, each) => sum + each.bytesSent + each.bytesReceived, 0);
  client.close();
}
process.stdout.write(JSON.stringify(outcomes));
