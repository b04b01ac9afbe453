import { DatabaseSync } from 'node:sqlite';
import { UsageError } from '@gateway-engine/host';

/**
 * Makes sure that one process works on a queue: each gives its points ids of its own, and may set the file aside. The
 * lock is one of the kernel on an empty file beside the database, so that it goes with its process, however that ends.
 * Throws UsageError when another process has it.
 */
export function lockQueue(file: string): { release(): void } {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 2000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new UsageError(
      `another gmq works on the queue in ${file}; stop it, or give each its own [db] file`,
      {
        cause,
      },
    );
  }
  return { release: () => lock.close() };
}
