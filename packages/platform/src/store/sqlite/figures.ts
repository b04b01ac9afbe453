import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { ProductDevices, Store } from '../port.ts';
import { statusOf } from './devices.ts';
import type { Tables } from './tables.ts';

/** Devices that are counted at once: some 30 ms, which devices that wait for an answer do not notice. */
const countedAtOnce = 20_000;

/** Counts what there is, a part at a time: a million devices take most of a second. */
export function sqliteFigures(reader: Kysely<Tables>, file: string, now: () => number): Store['figures'] {
  return async ({ onlineSince }) => {
    const { count, bytes } = await reader
      .selectFrom('content')
      .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.sum<number | null>('size').as('bytes')])
      .executeTakeFirstOrThrow();
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return {
      products: await countDevices(reader, onlineSince, now()),
      contents: { count, bytes: bytes ?? 0 },
      databaseBytes: sizeOf(file) + sizeOf(`${file}-wal`),
    };
  };
}

async function countDevices(
  reader: Kysely<Tables>,
  onlineSince: number,
  now: number,
): Promise<ProductDevices[]> {
  const products = new Map<string, ProductDevices>();
  const { last } = await reader
    .selectFrom('device')
    .select((eb) => eb.fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  for (let after = 0; after < (last ?? 0); after += countedAtOnce) {
    for (const row of await countPart(reader, { after, onlineSince, now })) {
      const status = statusOf({ ...row, window_ends: row.is_over ? now - 1 : now }, now);
      const key = `${row.product_id} ${status}`;
      const before = products.get(key) ?? { product: row.product_id, status, devices: 0, online: 0 };
      const devices = before.devices + row.devices;
      products.set(key, { ...before, devices, online: before.online + row.online });
    }
    await setImmediate();
  }
  return [...products.values()];
}

function countPart(
  reader: Kysely<Tables>,
  { after, onlineSince, now }: { after: number; onlineSince: number; now: number },
) {
  return reader
    .selectFrom('device')
    .where('id', '>', after)
    .where('id', '<=', after + countedAtOnce)
    .select((eb) => [
      'product_id',
      'disabled',
      'locked',
      eb('cik_hash', 'is not', null).as('activated'),
      eb('window_ends', '<', now).as('is_over'),
      eb.fn.countAll<number>().as('devices'),
      eb.fn.sum<number>(eb.case().when('last_contact', '>=', onlineSince).then(1).else(0).end()).as('online'),
    ])
    .groupBy(['product_id', 'disabled', 'locked', 'activated', 'is_over'])
    .execute();
}
