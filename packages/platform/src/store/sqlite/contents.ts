import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '@gateway-engine/host';
import type { Kysely, Selectable } from 'kysely';
import { type Content, type Store, StoreError } from '../port.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Tables } from './tables.ts';

type Contents = Pick<Store, 'putContent' | 'contents' | 'content' | 'deleteContent'>;

/**
 * Content bytes are files under `folder`, each under a name of its own that no other content ever has: whoever opened
 * one reads the same bytes to the end, whatever is uploaded meanwhile. A file is on disk before the row that names it.
 */
export function sqliteContents(reader: Kysely<Tables>, commits: CommitQueue, folder: string): Contents {
  const asContent = (row: Selectable<Tables['content']>): Content => ({
    product: row.product_id,
    id: row.id,
    contentType: row.content_type,
    size: row.size,
    sha256: row.sha256,
    updated: row.updated,
    meta: row.meta,
    blob: join(folder, row.blob),
  });

  return {
    putContent: async ({ file, ...content }) => {
      const blob = randomUUID();
      const path = join(folder, blob);
      await makeDurable(file);
      await rename(file, path);
      await syncDirectory(folder);
      const row = {
        product_id: content.product,
        id: content.id,
        content_type: content.contentType,
        size: content.size,
        sha256: content.sha256,
        updated: content.updated,
        meta: content.meta,
        blob,
      };
      let replaced: string | undefined;
      try {
        replaced = await commits.write(async (db) => {
          const product = await db
            .selectFrom('product')
            .select('id')
            .where('id', '=', content.product)
            .executeTakeFirst();
          if (!product) throw new StoreError('NO_PRODUCT', `there is no product ${content.product}`);
          const before = await db
            .selectFrom('content')
            .select('blob')
            .where('product_id', '=', content.product)
            .where('id', '=', content.id)
            .executeTakeFirst();
          await db
            .insertInto('content')
            .values(row)
            .onConflict((conflict) => conflict.columns(['product_id', 'id']).doUpdateSet(row))
            .execute();
          return before?.blob;
        });
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      if (replaced !== undefined) await rm(join(folder, replaced), { force: true });
      return asContent(row);
    },

    contents: async (product) => {
      const rows = await reader
        .selectFrom('content')
        .selectAll()
        .where('product_id', '=', product)
        .orderBy('id')
        .execute();
      return rows.map(asContent);
    },

    content: async (product, id) => {
      const row = await reader
        .selectFrom('content')
        .selectAll()
        .where('product_id', '=', product)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && asContent(row);
    },

    deleteContent: async (product, id) => {
      const deleted = await commits.write((db) =>
        db
          .deleteFrom('content')
          .where('product_id', '=', product)
          .where('id', '=', id)
          .returning('blob')
          .executeTakeFirst(),
      );
      if (deleted) await rm(join(folder, deleted.blob), { force: true });
      return deleted !== undefined;
    },
  };
}

async function makeDurable(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}
