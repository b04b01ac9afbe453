import { wholeSeconds } from '@gateway-engine/host';
import { z } from 'zod';
import { findDevice, findProduct } from './find.ts';
import { Device, DeviceDetail, DeviceList, NewDevice, ProductId, SerialNumber } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';
import { deviceView, resourceView } from './views.ts';

/** How long a new device may wait with its activation, seconds. */
const activationWindowSeconds = 24 * 3600;

export function addDeviceRoutes(server: AdminServer, { store, clock }: AdminParts): void {
  server.get(
    '/products/:product/devices',
    {
      schema: {
        tags: ['devices'],
        summary: 'The devices of a product',
        params: z.object({ product: ProductId }),
        response: { 200: DeviceList, ...failures },
      },
    },
    async ({ params }) => {
      const product = await findProduct(store, params.product);
      return { devices: (await store.devices(product.id)).map(deviceView) };
    },
  );

  server.post(
    '/products/:product/devices',
    {
      schema: {
        tags: ['devices'],
        summary: 'Add a device, which may activate itself within 24 hours',
        params: z.object({ product: ProductId }),
        body: NewDevice,
        response: { 201: Device, ...failures },
      },
    },
    async ({ params, body }, reply) => {
      const product = await findProduct(store, params.product);
      const windowEnds = wholeSeconds(clock) + activationWindowSeconds;
      const device = await store.addDevice({ product: product.id, sn: body.sn, windowEnds });
      return reply.code(201).send(deviceView(device));
    },
  );

  server.get(
    '/products/:product/devices/:sn',
    {
      schema: {
        tags: ['devices'],
        summary: 'One device and the newest value of each of its resources',
        params: z.object({ product: ProductId, sn: SerialNumber }),
        response: { 200: DeviceDetail, ...failures },
      },
    },
    async ({ params }) => {
      const device = await findDevice(store, params.product, params.sn);
      const resources = [...(await store.resources(device.rid)).values()];
      const latest = await store.latest(resources.map(({ id }) => id));
      return {
        ...deviceView(device),
        resources: resources.map((resource) => resourceView(resource, latest.get(resource.id))),
      };
    },
  );

  server.post(
    '/products/:product/devices/:sn/enable',
    {
      schema: {
        tags: ['devices'],
        summary: 'Let a device activate itself again within 24 hours; its present CIK is dead at once',
        params: z.object({ product: ProductId, sn: SerialNumber }),
        response: { 200: Device, ...failures },
      },
    },
    async ({ params }) => {
      const { product, sn } = await findDevice(store, params.product, params.sn);
      const windowEnds = wholeSeconds(clock) + activationWindowSeconds;
      return deviceView(await store.enableDevice({ product, sn, windowEnds }));
    },
  );
}
