import type { ProductResource } from '@gateway-engine/device-api';
import type { Kysely } from 'kysely';
import { type Product, type Store, StoreError } from '../port.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Tables } from './tables.ts';

type Products = Pick<Store, 'createProduct' | 'products' | 'product'>;

export function sqliteProducts(reader: Kysely<Tables>, commits: CommitQueue, now: () => number): Products {
  const select = (id: string | undefined) =>
    reader
      .selectFrom('product')
      .select((eb) => [
        'product.id',
        'product.created',
        eb
          .selectFrom('device')
          .whereRef('device.product_id', '=', 'product.id')
          .select((inner) => inner.fn.countAll<number>().as('count'))
          .as('device_count'),
      ])
      .$if(id !== undefined, (query) => query.where('product.id', '=', id ?? ''))
      .orderBy('product.id')
      .execute();

  const resourcesByProduct = async (id: string | undefined) => {
    const rows = await reader
      .selectFrom('product_resource')
      .selectAll()
      .$if(id !== undefined, (query) => query.where('product_id', '=', id ?? ''))
      .orderBy('product_id')
      .orderBy('position')
      .execute();
    return Map.groupBy(rows, (row) => row.product_id);
  };

  const find = async (id: string | undefined): Promise<Product[]> => {
    const [products, resources] = await Promise.all([select(id), resourcesByProduct(id)]);
    return products.map((product) => ({
      id: product.id,
      created: product.created,
      deviceCount: product.device_count ?? 0,
      resources: (resources.get(product.id) ?? []).map(asResource),
    }));
  };

  return {
    products: () => find(undefined),
    product: async (id) => (await find(id))[0],

    createProduct: ({ id, resources }) =>
      commits.write(async (db) => {
        const existing = await db.selectFrom('product').select('id').where('id', '=', id).executeTakeFirst();
        if (existing) throw new StoreError('EXISTS', `there is a product ${id} already`);
        const created = now();
        await db.insertInto('product').values({ id, created }).execute();
        for (const [position, { alias, format, settable }] of resources.entries()) {
          await db
            .insertInto('product_resource')
            .values({ product_id: id, position, alias, format, settable: settable ? 1 : 0 })
            .execute();
        }
        return { id, resources: [...resources], created, deviceCount: 0 };
      }),
  };
}

function asResource(row: {
  alias: string;
  format: ProductResource['format'];
  settable: number;
}): ProductResource {
  return { alias: row.alias, format: row.format, settable: row.settable === 1 };
}
