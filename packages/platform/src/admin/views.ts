import type * as store from '../store/port.ts';
import type { Content, Device, Product, ResourceValue } from './schemas.ts';

/** What the store keeps, in the admin API's shapes. */

export function productView(product: store.Product): Product {
  const { id, created } = product;
  return { id, created, devices: product.deviceCount, resources: product.resources.map((r) => ({ ...r })) };
}

export function deviceView(device: store.Device): Device {
  const { product, sn, rid, status } = device;
  return { product, sn, rid, status, last_contact: device.lastContact ?? null };
}

export function resourceView(resource: store.Resource, latest: store.Point | undefined): ResourceValue {
  const { alias, format, settable } = resource;
  return { alias, format, settable, latest: latest ? { value: latest.value, ts: latest.ts } : null };
}

export function contentView(content: store.Content, signed: boolean): Content {
  const { id, size, sha256, updated, meta } = content;
  return { id, content_type: content.contentType, size, sha256, updated, meta, signed };
}
