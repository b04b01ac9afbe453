import type { Kysely } from 'kysely';
import { type Store, StoreError } from '../port.ts';
import { hashKey, hashPassword, newKey, passwordMatches } from '../secrets.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Tables } from './tables.ts';

type People = Pick<
  Store,
  'createUser' | 'users' | 'checkPassword' | 'addToken' | 'userOfToken' | 'endSession'
>;

export function sqlitePeople(reader: Kysely<Tables>, commits: CommitQueue, now: () => number): People {
  let nobody: Promise<string> | undefined;
  return {
    createUser: async ({ name, password }) => {
      const hashed = await hashPassword(password);
      await commits.write(async (db) => {
        const existing = await db
          .selectFrom('user')
          .select('name')
          .where('name', '=', name)
          .executeTakeFirst();
        if (existing) throw new StoreError('EXISTS', `there is a user ${name} already`);
        await db.insertInto('user').values({ name, password: hashed }).execute();
      });
    },

    users: async () =>
      (await reader.selectFrom('user').select('name').orderBy('name').execute()).map((row) => row.name),

    checkPassword: async (name, password) => {
      const row = await reader
        .selectFrom('user')
        .select('password')
        .where('name', '=', name)
        .executeTakeFirst();
      // An unknown name takes as long as a wrong password, so that names cannot be found out by the clock.
      nobody ??= hashPassword(newKey());
      const matches = await passwordMatches(password, row?.password ?? (await nobody));
      return row !== undefined && matches;
    },

    addToken: ({ token, user, expires }) =>
      commits.write(async (db) => {
        await db.deleteFrom('token').where('expires', '<=', now()).execute();
        await db
          .insertInto('token')
          .values({ hash: hashKey(token), user, expires: expires ?? null })
          .execute();
      }),

    userOfToken: async (token, at) => {
      const row = await reader
        .selectFrom('token')
        .select(['user', 'expires'])
        .where('hash', '=', hashKey(token))
        .executeTakeFirst();
      if (!row || (row.expires !== null && row.expires <= at)) return undefined;
      return row.user;
    },

    endSession: (token) =>
      commits.write(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom('token')
          .where('hash', '=', hashKey(token))
          .where('expires', 'is not', null)
          .executeTakeFirst();
        return numDeletedRows === 1n;
      }),
  };
}
