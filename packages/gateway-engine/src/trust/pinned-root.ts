import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { HomeLayout } from '../home/layout.ts';
import { type Pin, TrustRecords } from './trust-records.ts';

const busyMs = 2_000;

/** The root of a product that the gateway of a home has pinned, read without changing anything there. */
export function pinnedRoot(
  { database: file }: Pick<HomeLayout, 'database'>,
  product: string,
): Pin | undefined {
  if (!existsSync(file)) return undefined;
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyMs });
  try {
    return new TrustRecords(database).pin(product);
  } finally {
    database.close();
  }
}
