import type { Kysely } from 'kysely';
import { type Store, StoreError, type TrustRole, type TrustVersions } from '../port.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Tables } from './tables.ts';

type Trust = Pick<
  Store,
  'onlineKeys' | 'offerOnlineKeys' | 'trustVersions' | 'trustFile' | 'addTrustFiles' | 'trustedProducts'
>;

/** A gateway that has read an earlier timestamp a moment ago still finds what that one names. */
const versionsKept = 8;

export function sqliteTrust(reader: Kysely<Tables>, commits: CommitQueue): Trust {
  return {
    onlineKeys: async (product, make) => {
      const kept = await keysOf(reader, product);
      if (kept) return kept;
      return await commits.write(async (db) => {
        const others = await keysOf(db, product);
        if (others) return others;
        await mustExist(db, product);
        const current = make();
        await db
          .insertInto('online_key')
          .values({ product_id: product, ...current })
          .execute();
        return { current, next: undefined };
      });
    },

    offerOnlineKeys: (product, next) =>
      commits.write(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('online_key')
          .set({ next_snapshot: next.snapshot, next_timestamp: next.timestamp })
          .where('product_id', '=', product)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw new StoreError('NO_PRODUCT', `product ${product} has no keys yet`);
      }),

    trustVersions: (product) => versionsOf(reader, product),

    trustFile: async (product, role, version) => {
      const row = await reader
        .selectFrom('trust_file')
        .select('bytes')
        .where('product_id', '=', product)
        .where('role', '=', role)
        .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && Buffer.from(row.bytes);
    },

    addTrustFiles: ({ product, after, files, keys }) =>
      commits.write(async (db) => {
        const latest = await versionsOf(db, product);
        if (roles.some((role) => latest[role] !== after[role])) return false;
        await mustExist(db, product);
        for (const { role, version, bytes } of files) {
          await db.insertInto('trust_file').values({ product_id: product, role, version, bytes }).execute();
          // Every root is needed by whoever goes from the first to the latest.
          if (role === 'root') continue;
          await db
            .deleteFrom('trust_file')
            .where('product_id', '=', product)
            .where('role', '=', role)
            .where('version', '<=', version - versionsKept)
            .execute();
        }
        if (keys) {
          const row = { ...keys, next_snapshot: null, next_timestamp: null };
          await db
            .insertInto('online_key')
            .values({ product_id: product, ...row })
            .onConflict((conflict) => conflict.column('product_id').doUpdateSet(row))
            .execute();
        }
        return true;
      }),

    trustedProducts: async () => {
      const rows = await reader
        .selectFrom('trust_file')
        .select('product_id')
        .distinct()
        .orderBy('product_id')
        .execute();
      return rows.map((row) => row.product_id);
    },
  };
}

const roles: readonly TrustRole[] = ['root', 'targets', 'snapshot', 'timestamp'];

async function versionsOf(db: Kysely<Tables>, product: string): Promise<TrustVersions> {
  const rows = await db
    .selectFrom('trust_file')
    .select(['role', (eb) => eb.fn.max('version').as('version')])
    .where('product_id', '=', product)
    .groupBy('role')
    .execute();
  const found = new Map(rows.map(({ role, version }) => [role, version]));
  const latest = (role: TrustRole) => found.get(role) ?? 0;
  return {
    root: latest('root'),
    targets: latest('targets'),
    snapshot: latest('snapshot'),
    timestamp: latest('timestamp'),
  };
}

async function keysOf(db: Kysely<Tables>, product: string) {
  const row = await db
    .selectFrom('online_key')
    .selectAll()
    .where('product_id', '=', product)
    .executeTakeFirst();
  if (!row) return undefined;
  const { snapshot, timestamp, next_snapshot, next_timestamp } = row;
  const next =
    next_snapshot === null || next_timestamp === null
      ? undefined
      : { snapshot: next_snapshot, timestamp: next_timestamp };
  return { current: { snapshot, timestamp }, next };
}

async function mustExist(db: Kysely<Tables>, product: string): Promise<void> {
  const found = await db.selectFrom('product').select('id').where('id', '=', product).executeTakeFirst();
  if (!found) throw new StoreError('NO_PRODUCT', `there is no product ${product}`);
}
