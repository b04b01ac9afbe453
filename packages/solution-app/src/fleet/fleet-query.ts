import type { Contact } from './contact.ts';
import type { FleetQuery, SortKey } from './fleet-view.ts';

/** The query as the address's search part, so that Back and a copied address show the same list. */
export function fleetQueryOf(search: string): FleetQuery {
  const given = new URLSearchParams(search);
  const contact = contacts.find((name) => name === given.get('contact'));
  const sort = sortKeys.find((name) => name === given.get('sort'));
  return {
    product: given.get('product') ?? undefined,
    search: given.get('search') ?? '',
    contact,
    sort: sort ?? 'sn',
    descending: given.get('order') === 'desc',
  };
}

export function searchOf(query: FleetQuery): string {
  const given = new URLSearchParams();
  if (query.product !== undefined) given.set('product', query.product);
  if (query.search !== '') given.set('search', query.search);
  if (query.contact !== undefined) given.set('contact', query.contact);
  if (query.sort !== 'sn') given.set('sort', query.sort);
  if (query.descending) given.set('order', 'desc');
  const text = given.toString();
  return text === '' ? '' : `?${text}`;
}

const contacts: readonly Contact[] = ['online', 'quiet', 'silent', 'never'];
const sortKeys: readonly SortKey[] = ['sn', 'product', 'last_contact'];
