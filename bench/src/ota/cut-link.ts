import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { operatorVariables, runCommandLine } from '@gateway-engine/demo';
import { DeviceClient } from '@gateway-engine/device-client';
import { silentLogger, systemClock } from '@gateway-engine/host';
import { CuttingLink } from '@gateway-engine/testkit';
import { downloadContent } from '../../../packages/gateway-engine/src/ota/download.ts';
import { keyOf, product, startBenchPlatform } from '../queue/site.ts';
import { compare, print } from '../result.ts';

const id = 'big.v1.tar.gz';

/** Downloads a signed package over a link of 8 MB/s that is cut every five seconds. */
export async function cutLink(folder: string, megabytes: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const bytes = gzipSync(randomBytes(megabytes * 1_000_000), { level: 0 });
  writeFileSync(join(folder, id), bytes);
  await using platform = await startBenchPlatform(folder, ['gw-1'], []);
  const env = { ...process.env, ...operatorVariables(platform) };
  await runCommandLine('gwe-platform', ['content', 'upload', product, join(folder, id)], { env });
  const cik = await keyOf(platform, 'gw-1');
  const port = Number(new URL(platform.url).port);
  await using link = await CuttingLink.start(port, { bytesPerSecond: 8_000_000, cutEveryMs: 5_000 });
  let received = 0;
  const client = new DeviceClient({
    server: `http://127.0.0.1:${link.port}`,
    cik,
    accounting: false,
    onTraffic: (traffic) => {
      received += traffic.bytesReceived;
    },
  });
  const start = performance.now();
  try {
    await downloadContent(
      {
        client,
        product: { vendor: product, model: product },
        budget: async () => ({ kind: 'may', left: Number.POSITIVE_INFINITY }),
        clock: systemClock,
        logger: silentLogger,
      },
      { id, signed: { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } },
      join(folder, 'received'),
      AbortSignal.timeout(600_000),
    );
  } finally {
    client.close();
  }
  const seconds = (performance.now() - start) / 1000;
  const about = { bench: 'ota', peer: '' };
  const metric = `bytes received / size, ${megabytes} MB over a link cut every 5 s`;
  const ratio = received / bytes.length;
  print(compare({ ...about, metric, unit: '', goal: '<= 1.02' }, [ratio], [], (ours) => ours <= 1.02));
  const onTheLink = link.delivered / bytes.length;
  const stated = { ...about, unit: '', goal: 'stated' };
  print(
    compare(
      { ...stated, metric: 'bytes that the link took from the platform / size' },
      [onTheLink],
      [],
      () => true,
    ),
  );
  print(compare({ ...stated, metric: 'times it was cut' }, [link.cuts], [], () => true));
  print(compare({ ...stated, metric: 'seconds it took', unit: 's' }, [seconds], [], () => true));
}
