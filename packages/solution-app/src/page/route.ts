import type { Gateway } from '../admin-api/admin-api.ts';

export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'gateway'; readonly gateway: Gateway }
  | { readonly page: 'unknown' };

export const fleetPath = '/';

export function gatewayPath({ product, sn }: Gateway): string {
  return `/products/${encodeURIComponent(product)}/gateways/${encodeURIComponent(sn)}`;
}

export function routeOf(path: string): Route {
  if (path === '/' || path === '/index.html') return { page: 'fleet' };
  const parts = /^\/products\/([^/]+)\/gateways\/([^/]+)$/.exec(path);
  if (parts === null) return { page: 'unknown' };
  try {
    const [product = '', sn = ''] = parts.slice(1).map(decodeURIComponent);
    return { page: 'gateway', gateway: { product, sn } };
  } catch {
    // A stray `%`: not a path this page made.
    return { page: 'unknown' };
  }
}
