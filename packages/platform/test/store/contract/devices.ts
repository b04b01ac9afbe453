import { gatewayResources, isKey } from '@gateway-engine/device-api';
import { describe, expect, test } from 'vitest';
import { cik, type Opened, withDevice } from './opened.ts';

export function devicesContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: devices`, () => {
    test('a device gets the resources of its product and a RID', async () => {
      await using opened = await open();
      const { device, now, resources } = await withDevice(opened);
      expect(device).toEqual({
        rid: expect.any(String),
        product: 'pump',
        sn: 'A:1',
        status: 'notactivated',
        windowEnds: now + 60,
        lastContact: undefined,
      });
      expect(isKey(device.rid)).toBe(true);
      expect([...resources.keys()]).toEqual([...gatewayResources.map(({ alias }) => alias), 'count']);
      expect(resources.get('count')).toMatchObject({ alias: 'count', format: 'integer', settable: false });
      expect(resources.get('engine_fetch')).toMatchObject({ format: 'string', settable: true });
      await opened.reopen();
      expect(await opened.store.device('pump', 'A:1')).toEqual(device);
      expect(await opened.store.devices('pump')).toEqual([device]);
      expect(await opened.store.devices('valve')).toEqual([]);
      expect((await opened.store.product('pump'))?.deviceCount).toBe(1);
    });

    test('a device of an unknown product, or one that is there, is refused', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { store } = opened;
      await expect(store.addDevice({ product: 'valve', sn: '1', windowEnds: 0 })).rejects.toMatchObject({
        code: 'NO_PRODUCT',
      });
      await expect(store.addDevice({ product: 'pump', sn: 'A:1', windowEnds: 0 })).rejects.toMatchObject({
        code: 'EXISTS',
      });
    });

    test('activation gives the device its key once', async () => {
      await using opened = await open();
      const { now, device } = await withDevice(opened);
      const { store } = opened;
      const activate = (sn: string, digit: string) =>
        store.activate({ product: 'pump', sn, cik: cik(digit), now });
      expect(await activate('B:2', '1')).toBe('unknown');
      const outcomes = await Promise.all(['2', '3', '4'].map((digit) => activate('A:1', digit)));
      expect(outcomes).toEqual(['activated', 'conflict', 'conflict']);
      expect(await store.deviceByCik(cik('2'))).toMatchObject({ rid: device.rid, status: 'activated' });
      expect(await store.deviceByCik(cik('3'))).toBeUndefined();
      await opened.reopen();
      expect(await opened.store.deviceByCik(cik('2'))).toMatchObject({ sn: 'A:1' });
    });

    test('a device that is enabled again loses its key and may activate once more', async () => {
      await using opened = await open();
      const { now } = await withDevice(opened);
      const { store } = opened;
      const activate = (digit: string) =>
        store.activate({ product: 'pump', sn: 'A:1', cik: cik(digit), now });
      await activate('1');
      const enabled = await store.enableDevice({ product: 'pump', sn: 'A:1', windowEnds: now + 60 });
      expect(enabled).toMatchObject({ sn: 'A:1', status: 'notactivated' });
      expect(await store.deviceByCik(cik('1'))).toBeUndefined();
      expect(await activate('2')).toBe('activated');
      expect(await store.deviceByCik(cik('2'))).toMatchObject({ sn: 'A:1', status: 'activated' });
      await expect(store.enableDevice({ product: 'pump', sn: 'B:2', windowEnds: now })).rejects.toMatchObject(
        {
          code: 'NO_DEVICE',
        },
      );
    });

    test('activation is refused when the window is over', async () => {
      await using opened = await open();
      const { now } = await withDevice(opened);
      await opened.clock.advance(61_000);
      const late = { product: 'pump', sn: 'A:1', cik: cik('1'), now: now + 61 };
      expect(await opened.store.activate(late)).toBe('conflict');
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ status: 'expired' });
    });

    test('the last contact is known at once and kept', async () => {
      await using opened = await open();
      const { device, now } = await withDevice(opened);
      await opened.store.touchDevice(device.rid, now + 7);
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ lastContact: now + 7 });
      await opened.reopen();
      expect(await opened.store.device('pump', 'A:1')).toMatchObject({ lastContact: now + 7 });
    });
  });
}
