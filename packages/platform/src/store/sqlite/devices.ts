import type { Kysely } from 'kysely';
import { type Device, type DeviceStatus, type Resource, type Store, StoreError } from '../port.ts';
import { hashKey, newKey } from '../secrets.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { LastContacts } from './last-contacts.ts';
import type { Tables } from './tables.ts';

type Devices = Pick<
  Store,
  'addDevice' | 'devices' | 'device' | 'deviceByCik' | 'activate' | 'enableDevice' | 'resources'
>;

export function sqliteDevices(
  reader: Kysely<Tables>,
  commits: CommitQueue,
  contacts: LastContacts,
  now: () => number,
): Devices {
  const select = () =>
    reader
      .selectFrom('device')
      .select(['rid', 'product_id', 'sn', 'disabled', 'locked', 'window_ends', 'last_contact'])
      .select((eb) => eb('cik_hash', 'is not', null).as('activated'));

  const asDevice = (row: DeviceRow): Device => ({
    rid: row.rid,
    product: row.product_id,
    sn: row.sn,
    status: statusOf(row, now()),
    windowEnds: row.window_ends,
    lastContact: contacts.of(row.rid) ?? row.last_contact ?? undefined,
  });

  return {
    addDevice: ({ product, sn, windowEnds }) =>
      commits.write(async (db) => {
        const inProduct = await db
          .selectFrom('product')
          .select('id')
          .where('id', '=', product)
          .executeTakeFirst();
        if (!inProduct) throw new StoreError('NO_PRODUCT', `there is no product ${product}`);
        const existing = await db
          .selectFrom('device')
          .select('id')
          .where('product_id', '=', product)
          .where('sn', '=', sn)
          .executeTakeFirst();
        if (existing) throw new StoreError('EXISTS', `there is a device ${sn} in product ${product} already`);
        const row = {
          rid: newKey(),
          product_id: product,
          sn,
          disabled: 0,
          locked: 0,
          window_ends: windowEnds,
        };
        const { id } = await db.insertInto('device').values(row).returning('id').executeTakeFirstOrThrow();
        await db
          .insertInto('resource')
          .columns(['device_id', 'alias', 'format', 'settable'])
          .expression((eb) =>
            eb
              .selectFrom('product_resource')
              .select((inner) => [inner.val(id).as('device_id'), 'alias', 'format', 'settable'])
              .where('product_id', '=', product)
              .orderBy('position'),
          )
          .execute();
        return asDevice({ ...row, activated: false, last_contact: null });
      }),

    devices: async (product) =>
      (await select().where('product_id', '=', product).orderBy('id').execute()).map(asDevice),

    device: async (product, sn) => {
      const row = await select().where('product_id', '=', product).where('sn', '=', sn).executeTakeFirst();
      return row && asDevice(row);
    },

    deviceByCik: async (cik) => {
      const row = await select().where('cik_hash', '=', hashKey(cik)).executeTakeFirst();
      return row && asDevice(row);
    },

    activate: ({ product, sn, cik, now: at }) =>
      commits.write(async (db) => {
        const device = db
          .selectFrom('device')
          .select('id')
          .where('product_id', '=', product)
          .where('sn', '=', sn);
        if (!(await device.executeTakeFirst())) return 'unknown';
        const change = await db
          .updateTable('device')
          .set({ cik_hash: hashKey(cik), window_ends: at, last_contact: at })
          .where('id', '=', device)
          .where('cik_hash', 'is', null)
          .where('disabled', '=', 0)
          .where('locked', '=', 0)
          .where('window_ends', '>=', at)
          .executeTakeFirst();
        return change.numUpdatedRows === 1n ? 'activated' : 'conflict';
      }),

    enableDevice: ({ product, sn, windowEnds }) =>
      commits.write(async (db) => {
        const row = await db
          .updateTable('device')
          .set({ cik_hash: null, disabled: 0, window_ends: windowEnds })
          .where('product_id', '=', product)
          .where('sn', '=', sn)
          .returning(['rid', 'product_id', 'sn', 'disabled', 'locked', 'window_ends', 'last_contact'])
          .executeTakeFirst();
        if (!row) throw new StoreError('NO_DEVICE', `there is no device ${sn} in product ${product}`);
        return asDevice({ ...row, activated: false });
      }),

    resources: async (rid) => {
      const rows = await reader
        .selectFrom('resource')
        .innerJoin('device', 'device.id', 'resource.device_id')
        .select(['resource.id', 'resource.alias', 'resource.format', 'resource.settable'])
        .where('device.rid', '=', rid)
        .orderBy('resource.id')
        .execute();
      return new Map(
        rows.map((row): [string, Resource] => [
          row.alias,
          { id: row.id, alias: row.alias, format: row.format, settable: row.settable === 1 },
        ]),
      );
    },
  };
}

type DeviceRow = Omit<Tables['device'], 'id' | 'cik_hash'> & { activated: unknown };

export function statusOf(
  row: Pick<DeviceRow, 'locked' | 'disabled' | 'activated' | 'window_ends'>,
  now: number,
): DeviceStatus {
  if (row.locked === 1) return 'locked';
  if (row.disabled === 1) return 'expired';
  if (row.activated) return 'activated';
  return row.window_ends < now ? 'expired' : 'notactivated';
}
