import { silentLogger } from '@gateway-engine/host';
import { expect, test } from 'vitest';
import { parseMetadataFile } from '../../src/device-api/metadata.ts';
import { runDeviceApi } from './running-device-api.ts';

const path = '/gateway-engine/v1/tuf';
const none = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };

test('a device gets the files of its product byte for byte, and 404 for what is not there', async () => {
  await using api = await runDeviceApi({ logger: silentLogger });
  using client = await api.connect();
  const bytes = Buffer.from('{"signed":  "\u00e9"}\n');
  const files = [
    { role: 'root', version: 1, bytes },
    { role: 'timestamp', version: 7, bytes: Buffer.from('{}') },
  ] as const;
  await api.store.addTrustFiles({ product: 'pump', after: none, files });
  const root = await client.answerTo('GET', `${path}/1.root.json`, api.key);
  expect(root.status).toBe(200);
  expect(root.headerLines).toContain('Content-Type: application/json');
  expect(Buffer.from(root.body)).toEqual(bytes);
  expect((await client.answerTo('GET', `${path}/timestamp.json`, api.key)).body).toBe('{}');
  for (const name of [
    '2.root.json',
    '1.targets.json',
    'root.json',
    '7.timestamp.json',
    '',
    'x/1.root.json',
  ]) {
    expect((await client.answerTo('GET', `${path}/${name}`, api.key)).status).toBe(404);
  }
});

test('nobody gets a file without the key of a device, nor in another way than GET', async () => {
  await using api = await runDeviceApi({ logger: silentLogger });
  using client = await api.connect();
  expect((await client.answerTo('GET', `${path}/1.root.json`)).status).toBe(401);
  expect((await client.answerTo('POST', `${path}/1.root.json`, api.key, '')).status).toBe(405);
});

test.each([
  ['timestamp.json', { role: 'timestamp', version: undefined }],
  ['1.root.json', { role: 'root', version: 1 }],
  ['120.snapshot.json', { role: 'snapshot', version: 120 }],
  ['5.targets.json', { role: 'targets', version: 5 }],
  ['05.targets.json', undefined],
  ['0.root.json', undefined],
  ['-1.root.json', undefined],
  ['1.ROOT.json', undefined],
  ['1.root.json.gz', undefined],
  ['9999999999999999.root.json', undefined],
])('%j names %j', (name, wanted) => {
  expect(parseMetadataFile(name)).toEqual(wanted);
});
