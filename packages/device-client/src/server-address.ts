import { UsageError } from '@gateway-engine/host/basics';

/**
 * The documented server of a vendor, `https://<vendor>.m2.exosite.com`; without a vendor (a device known only by its
 * CIK) `https://m2.exosite.com`. Throws UsageError when the vendor cannot be part of a host name.
 */
export function defaultServer(vendor?: string): string {
  if (vendor === undefined || vendor === '') return 'https://m2.exosite.com';
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(vendor)) {
    throw new UsageError(`vendor "${vendor}" cannot be part of a host name; name the server itself`);
  }
  return `https://${vendor.toLowerCase()}.m2.exosite.com`;
}

/** Reads a base URL, `http(s)://host[:port]`. Throws UsageError, without the text when that may hold a password. */
export function parseServer(server: string): URL {
  const url = URL.parse(server);
  const wanted = 'expected http://HOST[:PORT] or https://HOST[:PORT]';
  if (url?.username || url?.password) throw new UsageError(`the server address holds a password: ${wanted}`);
  const plain = url && (url.pathname === '/' || url.pathname === '') && url.search === '' && url.hash === '';
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new UsageError(`server "${server}" is no server address: ${wanted}`);
  }
  return url;
}
