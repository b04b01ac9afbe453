import type { Device, Product, Resource, Store } from '../store/port.ts';
import { AdminError } from './errors.ts';

/** The named product, or a 404 that says how to see which there are. */
export async function findProduct(store: Store, id: string): Promise<Product> {
  const product = await store.product(id);
  if (product) return product;
  throw new AdminError(404, 'NO_PRODUCT', `there is no product ${id}; list the products or create it first`);
}

export async function findDevice(store: Store, product: string, sn: string): Promise<Device> {
  const device = await store.device(product, sn);
  if (device) return device;
  await findProduct(store, product);
  throw new AdminError(
    404,
    'NO_DEVICE',
    `product ${product} has no device ${sn}; list its devices or add it first`,
  );
}

export async function findResource(
  store: Store,
  product: string,
  sn: string,
  alias: string,
): Promise<{ device: Device; resource: Resource }> {
  const device = await findDevice(store, product, sn);
  const resource = (await store.resources(device.rid)).get(alias);
  if (resource) return { device, resource };
  throw new AdminError(
    404,
    'NO_RESOURCE',
    `device ${sn} of product ${product} has no resource ${alias}; show the device to see which it has`,
  );
}
