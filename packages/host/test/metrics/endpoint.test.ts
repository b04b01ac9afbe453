import { readTextFormat } from '@gateway-engine/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { counterOf, processFigures, serveMetrics } from '../../src/metrics/index.ts';

async function endpoint() {
  const running = await serveMetrics({ host: '127.0.0.1', port: 0 }, async () => [
    counterOf('test_total', 'Übung.', 1),
    ...processFigures(Date.now),
  ]);
  onTestFinished(() => running.stop());
  return `http://127.0.0.1:${running.port}`;
}

test('GET /metrics gives the figures in the text format', async () => {
  const answer = await fetch(`${await endpoint()}/metrics?x`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const read = readTextFormat(await answer.text());
  expect(read.get('test_total')?.help).toBe('Übung.');
  expect(read.get('process_resident_memory_bytes')?.samples[0]?.value).toBeGreaterThan(1_000_000);
});

test('nothing else is served there', async () => {
  const url = await endpoint();
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(404);
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('an address that is taken is refused', async () => {
  const { port } = new URL(await endpoint());
  await expect(serveMetrics({ host: '127.0.0.1', port: Number(port) }, async () => [])).rejects.toThrow(
    'EADDRINUSE',
  );
});
