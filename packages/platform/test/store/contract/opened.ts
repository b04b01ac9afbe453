import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayResources } from '@gateway-engine/device-api';
import type { FakeClock } from '@gateway-engine/testkit';
import type { Content, Store } from '../../../src/store/port.ts';

/** What a contract test works with. `reopen` closes the store and opens what it kept. */
export interface Opened extends AsyncDisposable {
  store: Store;
  readonly clock: FakeClock;
  /** A folder from which `putContent` takes its files. */
  readonly folder: string;
  reopen(): Promise<void>;
}

export const cik = (digit: string) => digit.repeat(40);

/** A product with a device. */
export async function withDevice(opened: Opened) {
  const { store, clock } = opened;
  const now = Math.floor(clock.now() / 1000);
  await store.createProduct({
    id: 'pump',
    resources: [...gatewayResources, { alias: 'count', format: 'integer', settable: false }],
  });
  const device = await store.addDevice({ product: 'pump', sn: 'A:1', windowEnds: now + 60 });
  const resources = await store.resources(device.rid);
  return { device, now, resources, id: (alias: string) => resources.get(alias)!.id };
}

/** Puts a content that has these bytes. */
export async function upload(opened: Opened, id: string, bytes: string, product = 'pump'): Promise<Content> {
  const file = join(opened.folder, `upload-${Math.random()}`);
  await writeFile(file, bytes);
  return opened.store.putContent({
    product,
    id,
    contentType: 'application/x-gzip; odd=1',
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    updated: 5,
    meta: '',
    file,
  });
}
