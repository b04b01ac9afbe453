import { basename } from 'node:path';
import { type Clock, type Logger, openDatabase, silentLogger, wholeSeconds } from '@gateway-engine/host';
import type { Store } from '../port.ts';
import { CommitQueue } from './commit-queue.ts';
import { kyselyOver } from './connection.ts';
import { sqliteContents } from './contents.ts';
import { removeOthers, takeDataDirectory } from './data-directory.ts';
import { sqliteDevices } from './devices.ts';
import { sqliteFigures } from './figures.ts';
import { LastContacts } from './last-contacts.ts';
import { sqlitePeople } from './people.ts';
import { sqlitePoints } from './points.ts';
import { sqliteProducts } from './products.ts';
import { migrations } from './tables.ts';
import { sqliteTrust } from './trust.ts';

/**
 * The store in one SQLite file and a folder of content files. One connection writes, in shared transactions; another
 * reads, so that a read sees what was committed and nothing else.
 *
 * The directory is made when it is missing and belongs to this process until `close`. Throws DataDirectoryError when it
 * cannot be used and DatabaseError (host) when the file in it is no database of ours.
 */
export async function openSqliteStore(options: {
  directory: string;
  clock: Clock;
  logger?: Logger;
}): Promise<Store & { readonly uploadDirectory: string }> {
  const { clock, logger = silentLogger } = options;
  const now = () => wholeSeconds(clock);
  const directory = await takeDataDirectory(options.directory);
  const closing: (() => unknown)[] = [() => directory.release()];
  const close = async () => {
    const failures: unknown[] = [];
    for (const step of closing.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, 'the store could not be closed in good order');
  };
  try {
    const writer = kyselyOver(openDatabase(directory.database, migrations), closing);
    const readOnly = openDatabase(directory.database, migrations);
    const reader = kyselyOver(readOnly, closing);
    readOnly.exec('PRAGMA query_only = ON');
    const commits = new CommitQueue(writer);
    closing.push(() => commits.drained());
    const contacts = new LastContacts({ commits, clock, logger });
    closing.push(() => contacts.close());

    const blobs = await reader.selectFrom('content').select('blob').execute();
    const removed =
      (await removeOthers(directory.uploads, new Set())) +
      (await removeOthers(directory.content, new Set(blobs.map(({ blob }) => basename(blob)))));
    if (removed > 0) logger.info({ removed }, 'removed files of uploads that were never finished');

    return {
      uploadDirectory: directory.uploads,
      ...sqliteProducts(reader, commits, now),
      ...sqliteDevices(reader, commits, contacts, now),
      touchDevice: async (rid, at) => contacts.touch(rid, at),
      ...sqlitePoints(reader, commits),
      ...sqliteContents(reader, commits, directory.content),
      ...sqliteTrust(reader, commits),
      ...sqlitePeople(reader, commits, now),
      figures: sqliteFigures(reader, directory.database, now),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
