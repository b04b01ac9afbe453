import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError, UsageError } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { type Pin, TrustRecords } from './trust-records.ts';

const busyMs = 2_000;

/**
 * The root of a product that the gateway of a home has pinned, read without changing anything there. Throws UsageError
 * when that cannot be read, such as by somebody else than its user.
 */
export function pinnedRoot(
  { database: file }: Pick<HomeLayout, 'database'>,
  product: string,
): Pin | undefined {
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: busyMs });
    return new TrustRecords(database).pin(product);
  } catch (cause) {
    throw new UsageError(
      `the root that this gateway has pinned cannot be read from ${file}: ${describeError(cause)}; do this as its user`,
      { cause },
    );
  } finally {
    database?.close();
  }
}
