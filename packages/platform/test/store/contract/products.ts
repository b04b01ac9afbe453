import { gatewayResources } from '@gateway-engine/device-api';
import { describe, expect, test } from 'vitest';
import type { Opened } from './opened.ts';

export function productsContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: products`, () => {
    test('a product is kept with its resources in their order', async () => {
      await using opened = await open();
      const made = await opened.store.createProduct({ id: 'pump', resources: gatewayResources });
      expect(made).toEqual({
        id: 'pump',
        resources: gatewayResources,
        created: Math.floor(opened.clock.now() / 1000),
        deviceCount: 0,
      });
      await opened.reopen();
      expect(await opened.store.products()).toEqual([made]);
      expect(await opened.store.product('pump')).toEqual(made);
      expect(await opened.store.product('valve')).toBeUndefined();
    });

    test('a second product of the same id is refused', async () => {
      await using opened = await open();
      await opened.store.createProduct({ id: 'pump', resources: [] });
      const again = opened.store.createProduct({ id: 'pump', resources: gatewayResources });
      await expect(again).rejects.toMatchObject({ code: 'EXISTS' });
      expect((await opened.store.product('pump'))?.resources).toEqual([]);
    });

    test('of two products of one id made at once, one is made', async () => {
      await using opened = await open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => opened.store.createProduct({ id: 'pump', resources: [] })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });
}
