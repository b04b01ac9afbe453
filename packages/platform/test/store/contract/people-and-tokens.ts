import { describe, expect, test } from 'vitest';
import type { Opened } from './opened.ts';

export function peopleAndTokensContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: people and tokens`, () => {
    test('a user is known by the right password alone', async () => {
      await using opened = await open();
      await opened.store.createUser({ name: 'admin', password: 'correct horse' });
      await opened.reopen();
      const { store } = opened;
      expect(await store.users()).toEqual(['admin']);
      expect(await store.checkPassword('admin', 'correct horse')).toBe(true);
      expect(await store.checkPassword('admin', 'wrong horse')).toBe(false);
      expect(await store.checkPassword('nobody', 'correct horse')).toBe(false);
      await expect(store.createUser({ name: 'admin', password: 'x' })).rejects.toMatchObject({
        code: 'EXISTS',
      });
    });

    test('a token is valid until it expires or its session is ended, which only one that expires has', async () => {
      await using opened = await open();
      const now = Math.floor(opened.clock.now() / 1000);
      await opened.store.addToken({ token: 'forever', user: 'admin', expires: undefined });
      await opened.store.addToken({ token: 'short', user: 'admin', expires: now + 10 });
      await opened.reopen();
      const { store } = opened;
      expect(await store.userOfToken('forever', now + 1e9)).toBe('admin');
      expect(await store.userOfToken('short', now + 9)).toBe('admin');
      expect(await store.userOfToken('short', now + 10)).toBeUndefined();
      expect(await store.userOfToken('other', now)).toBeUndefined();
      expect(await store.endSession('short')).toBe(true);
      expect(await store.userOfToken('short', now)).toBeUndefined();
      for (const token of ['short', 'forever', 'other']) expect(await store.endSession(token)).toBe(false);
      expect(await store.userOfToken('forever', now)).toBe('admin');
    });
  });
}
