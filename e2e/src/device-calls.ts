/**
 * Makes every kind of call of the device client and prints what came back as one line of JSON; run by the runtimes that
 * the client promises to work on: device-calls.ts SERVER PRODUCT SERIAL CONTENT [CA_FILE]
 */
import { readFileSync } from 'node:fs';
import { DeviceApiError, DeviceClient } from '@gateway-engine/device-client';

const [server = '', product = '', serial = '', content = '', caFile] = process.argv.slice(2);
const name = { vendor: product, model: product };
const client = new DeviceClient({
  server,
  userAgent: 'device-calls',
  ca: caFile && readFileSync(caFile),
});
try {
  client.cik = await client.activate({ ...name, serial });
  const again = await client.activate({ ...name, serial }).catch((error: unknown) => error);
  const now = await client.timestamp();
  const written = await client.write([['text', 'a&b=c +% ü 🌊']]);
  const recorded = await client.record([['test', [[now - 20, '1.5'] as const, [now - 10, '2.5'] as const]]]);
  const read = await client.read(['text', 'test', 'nope']);
  const both = await client.writeRead([['text', 'second']], ['text']);
  const polled = await client.longPoll('test', { waitMs: 20_000, since: now - 20 });
  const missed = await client.longPoll('test', { waitMs: 50 });
  const download = await client.download(name, content, { from: 4 });
  const chunks: Uint8Array[] = [];
  for await (const chunk of download.body) chunks.push(chunk);
  const results = {
    again: again instanceof DeviceApiError && again.status,
    clock: Math.abs(now - Date.now() / 1000) < 60,
    written: written.status,
    recorded: recorded.status,
    read: Object.fromEntries(read.values),
    both: Object.fromEntries(both.values),
    polled: polled && { value: polled.value, after: polled.modified - now },
    missed: missed ?? null,
    listed: await client.listContent(name),
    size: (await client.contentInfo(name, content)).size,
    downloaded: Buffer.concat(chunks).toString('utf8'),
  };
  process.stdout.write(`${JSON.stringify(results)}\n`);
} finally {
  client.close();
}
