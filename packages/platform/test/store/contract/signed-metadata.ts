import { describe, expect, test } from 'vitest';
import type { TrustRole } from '../../../src/store/port.ts';
import { type Opened, withDevice } from './opened.ts';

export function signedMetadataContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: signed metadata`, () => {
    const none = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
    const keys = (digit: string) => ({ snapshot: digit.repeat(64), timestamp: digit.repeat(64) });
    const file = (role: TrustRole, version: number, text = `${role} ${version}`) => ({
      role,
      version,
      bytes: Buffer.from(text),
    });

    test('a product gets its keys once, whoever asks first', async () => {
      await using opened = await open();
      await withDevice(opened);
      const asked = ['1', '2', '3'].map((digit) => opened.store.onlineKeys('pump', () => keys(digit)));
      const made = { current: keys('1'), next: undefined };
      expect(await Promise.all(asked)).toEqual([made, made, made]);
      await opened.reopen();
      expect(await opened.store.onlineKeys('pump', () => keys('4'))).toEqual(made);
      await expect(opened.store.onlineKeys('valve', () => keys('1'))).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
    });

    test('keys that are to come are kept beside the current ones until files are added with them', async () => {
      await using opened = await open();
      await withDevice(opened);
      const known = () => opened.store.onlineKeys('pump', () => keys('1'));
      await expect(opened.store.offerOnlineKeys('pump', keys('2'))).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
      await known();
      await opened.store.offerOnlineKeys('pump', keys('2'));
      await opened.store.offerOnlineKeys('pump', keys('3'));
      await opened.reopen();
      expect(await known()).toEqual({ current: keys('1'), next: keys('3') });
      await opened.store.addTrustFiles({
        product: 'pump',
        after: none,
        files: [file('root', 1)],
        keys: keys('3'),
      });
      expect(await known()).toEqual({ current: keys('3'), next: undefined });
    });

    test('files are kept byte for byte, each version, and the latest is known', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      expect(await store.trustVersions('pump')).toEqual(none);
      expect(await store.trustFile('pump', 'root')).toBeUndefined();
      expect(await store.trustedProducts()).toEqual([]);
      const first = [file('root', 1, '{"a": 1}\n'), file('timestamp', 1)];
      expect(await store.addTrustFiles({ product: 'pump', after: none, files: first })).toBe(true);
      const after = { ...none, root: 1, timestamp: 1 };
      expect(await store.addTrustFiles({ product: 'pump', after, files: [file('root', 2)] })).toBe(true);
      await opened.reopen();
      expect(await opened.store.trustVersions('pump')).toEqual({ ...after, root: 2 });
      expect(String(await opened.store.trustFile('pump', 'root'))).toBe('root 2');
      expect(String(await opened.store.trustFile('pump', 'root', 1))).toBe('{"a": 1}\n');
      expect(await opened.store.trustFile('pump', 'root', 3)).toBeUndefined();
      expect(await opened.store.trustedProducts()).toEqual(['pump']);
    });

    test('of several additions to the same versions one is made, with its keys', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      await store.onlineKeys('pump', () => keys('0'));
      const made = await Promise.all(
        ['1', '2'].map((digit) =>
          store.addTrustFiles({
            product: 'pump',
            after: none,
            files: [file('root', 1, digit)],
            keys: keys(digit),
          }),
        ),
      );
      expect(made).toEqual([true, false]);
      expect(String(await store.trustFile('pump', 'root'))).toBe('1');
      expect(await store.onlineKeys('pump', () => keys('9'))).toMatchObject({ current: keys('1') });
    });

    test('every root stays, and the latest of the others', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      for (let version = 1; version <= 20; version++) {
        const before = version - 1;
        const after = { ...none, root: before, snapshot: before };
        const files = [file('root', version), file('snapshot', version)];
        expect(await store.addTrustFiles({ product: 'pump', after, files })).toBe(true);
      }
      const kept = async (role: TrustRole) => {
        const found = [];
        for (let version = 1; version <= 20; version++) {
          if (await store.trustFile('pump', role, version)) found.push(version);
        }
        return found;
      };
      expect(await kept('root')).toHaveLength(20);
      expect(await kept('snapshot')).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    });
  });
}
