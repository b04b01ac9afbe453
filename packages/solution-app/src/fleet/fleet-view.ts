import type { Device } from '@gateway-engine/platform/admin-api';
import { type Contact, contactOf } from './contact.ts';

export type SortKey = 'sn' | 'product' | 'last_contact';
export interface FleetQuery {
  readonly product: string | undefined;
  readonly search: string;
  readonly contact: Contact | undefined;
  readonly sort: SortKey;
  readonly descending: boolean;
}

const naturally = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The gateways that fit the query, in its order; every word of the search has to occur. */
export function gatewaysShown(devices: readonly Device[], query: FleetQuery, now: number): Device[] {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const turn = query.descending ? -1 : 1;
  return devices
    .filter((device) => {
      if (query.product !== undefined && device.product !== query.product) return false;
      if (query.contact !== undefined && contactOf(device, now) !== query.contact) return false;
      const text = `${device.sn} ${device.product} ${device.rid}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => turn * compare(a, b, query.sort) || naturally.compare(a.sn, b.sn));
}

function compare(a: Device, b: Device, key: SortKey): number {
  if (key === 'last_contact') return (a.last_contact ?? -1) - (b.last_contact ?? -1);
  return naturally.compare(a[key], b[key]);
}

export function countByContact(devices: readonly Device[], now: number): Record<Contact, number> {
  const counts = { online: 0, quiet: 0, silent: 0, never: 0 };
  for (const device of devices) counts[contactOf(device, now)]++;
  return counts;
}
