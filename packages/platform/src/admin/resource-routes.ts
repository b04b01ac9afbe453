import { z } from 'zod';
import { findResource } from './find.ts';
import {
  Alias,
  History,
  HistoryQuery,
  NewValue,
  ProductId,
  ResourceValue,
  SerialNumber,
  Value,
} from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';
import type { ValueWriter } from './value-writer.ts';
import { resourceView } from './views.ts';

const params = z.object({ product: ProductId, sn: SerialNumber, alias: Alias });
const path = '/products/:product/devices/:sn/resources/:alias';
/** A value of the longest kind, with every character escaped in JSON. */
const valueBodyBytes = 6 * 1024 * 1024 + 1024;

export function addResourceRoutes(server: AdminServer, { store }: AdminParts, values: ValueWriter): void {
  server.get(
    path,
    {
      schema: {
        tags: ['resources'],
        summary: 'The newest value of a resource',
        params,
        response: { 200: ResourceValue, ...failures },
      },
    },
    async ({ params: { product, sn, alias } }) => {
      const { resource } = await findResource(store, product, sn, alias);
      return resourceView(resource, (await store.latest([resource.id])).get(resource.id));
    },
  );

  server.put(
    path,
    {
      bodyLimit: valueBodyBytes,
      schema: {
        tags: ['resources'],
        summary: 'Write a value; it is answered as stored, in the format of the resource',
        params,
        body: NewValue,
        response: { 200: Value, ...failures },
      },
    },
    async ({ params: { product, sn, alias }, body }) => {
      const { device, resource } = await findResource(store, product, sn, alias);
      return values.write(device, resource, body.value);
    },
  );

  server.get(
    `${path}/history`,
    {
      schema: {
        tags: ['resources'],
        summary: 'Points of a resource from start to end, both inclusive; newest first unless sort=asc',
        params,
        querystring: HistoryQuery,
        response: { 200: History, ...failures },
      },
    },
    async ({ params: { product, sn, alias }, query }) => {
      const { resource } = await findResource(store, product, sn, alias);
      const points = await store.history(resource.id, query);
      return { points: points.map(({ ts, value }): [number, string] => [ts, value]) };
    },
  );
}
