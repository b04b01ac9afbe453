import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Logger, writeDurably } from '@gateway-engine/host';
import type { Store } from './store/port.ts';

/** Name of the file, in the data directory, that holds the first user's password and token. */
export const adminFile = 'admin.json';

/**
 * Makes the user `admin` with a random password and a token that never expires, when there is no user yet, and writes
 * both to `admin.json`. The file comes first and the user last: cut short anywhere, the next start does it again.
 */
export async function makeFirstUser(store: Store, directory: string, logger: Logger): Promise<void> {
  if ((await store.users()).length > 0) return;
  const username = 'admin';
  const password = randomBytes(15).toString('base64url');
  const token = randomBytes(24).toString('base64url');
  const path = join(directory, adminFile);
  await writeDurably(path, `${JSON.stringify({ username, password, token }, undefined, 2)}\n`, {
    mode: 0o600,
  });
  await store.addToken({ token, user: username, expires: undefined });
  await store.createUser({ name: username, password });
  logger.info(`first start: login and token of user ${username} are in ${path}`);
}
