import { headers } from '@gateway-engine/device-api';
import { readTextFormat, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { GmqProcess } from './support/gmq-process.ts';
import { TestPlatform } from './support/test-platform.ts';

const key = 'a'.repeat(40);
const vms = { [headers.vms]: 'prod prod 1' };

async function scrape(gmq: GmqProcess) {
  const { status, body } = await gmq.send('GET', '/metrics');
  expect(status).toBe(200);
  const read = readTextFormat(body);
  return (name: string, labels: Record<string, string> = {}) =>
    read
      .get(name.replace(/_(count|bucket|sum)$/, ''))
      ?.samples.find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value;
}

test('the figures follow points from the program to the platform, or to the dead letters', async () => {
  await using folder = await temporaryFolder();
  await using platform = await TestPlatform.start();
  platform.refusedAlias = 'bad';
  await using gmq = await GmqProcess.start(folder.path, platform.url);
  await gmq.write(key, 'a=1');
  await gmq.write(key, 'bad=1');
  expect((await gmq.send('POST', '/onep:v1/stack/alias', 'a=1')).status).toBeGreaterThanOrEqual(400);
  const figure = await waitUntil('both to be gone', async () => {
    const read = await scrape(gmq);
    return read('gmq_points_waiting') === 0 && read;
  });
  expect(figure('gmq_points_accepted_total')).toBe(2);
  expect(figure('gmq_points_uploaded_total')).toBe(1);
  expect(figure('gmq_points_set_aside_total')).toBe(1);
  expect(figure('gmq_dead_letters')).toBe(1);
  expect(figure('gmq_oldest_point_age_seconds')).toBe(0);
  expect(figure('gmq_sync_duration_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(figure('gmq_requests_refused_total')).toBe(1);
  expect(figure('gmq_build_info')).toBe(1);
  expect(figure('process_cpu_seconds_total')).toBeGreaterThan(0);
});

test('what waits and why is seen while the platform is away', async () => {
  await using folder = await temporaryFolder();
  await using platform = await TestPlatform.start();
  platform.mood = 503;
  await using gmq = await GmqProcess.start(folder.path, platform.url);
  await gmq.write(key, 'a=1');
  const figure = await waitUntil('uploads to fail', async () => {
    const read = await scrape(gmq);
    const hasFailed = read('gmq_upload_failures_total', { kind: 'later' }) !== undefined;
    return hasFailed && read('gmq_identities_in_trouble') === 1 && read;
  });
  expect(figure('gmq_points_waiting')).toBe(1);
  expect(figure('gmq_waiting_bytes')).toBeGreaterThan(0);
  platform.mood = 'normal';
  await waitUntil('the uploads to go on', async () => (await scrape(gmq))('gmq_points_waiting') === 0);
});

test('the engine gets the same figures as JSON', async () => {
  await using folder = await temporaryFolder();
  await using platform = await TestPlatform.start();
  await using gmq = await GmqProcess.start(folder.path, platform.url);
  const answer = await gmq.send('GET', '/metrics', '', { Accept: 'application/json' });
  const families = JSON.parse(answer.body) as { name: string }[];
  const text = readTextFormat((await gmq.send('GET', '/metrics')).body);
  const filled = (name: string) => text.has(name);
  expect(families.map(({ name }) => name).filter(filled)).toEqual([...text.keys()]);
});

test('scrapes while programs write take nothing away from them', async () => {
  await using folder = await temporaryFolder();
  await using platform = await TestPlatform.start();
  await using gmq = await GmqProcess.start(folder.path, platform.url);
  let reading = true;
  const scrapes = (async () => {
    let count = 0;
    for (; reading; count++) await scrape(gmq);
    return count;
  })();
  const writes = Array.from({ length: 8 }, async (_, program) => {
    for (let index = 0; index < 25; index++) {
      const { status } = await gmq.send(
        'POST',
        '/onep:v1/stack/record',
        `alias=p${program}&${1_760_000_000 + index}=1`,
        vms,
      );
      expect(status).toBe(204);
    }
  });
  await Promise.all(writes);
  reading = false;
  expect(await scrapes).toBeGreaterThan(0);
  expect((await scrape(gmq))('gmq_points_accepted_total')).toBe(200);
});
