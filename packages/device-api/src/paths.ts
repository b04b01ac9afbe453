/** Paths of the device API. The older prefix `/api:v1` means the same and `%3A` is the colon. */
export const paths = {
  alias: '/onep:v1/stack/alias',
  record: '/onep:v1/stack/record',
  activate: '/provision/activate',
  download: '/provision/download',
  timestamp: '/timestamp',
  ip: '/ip',
  /** Ours: what the platform can do beyond the documented API. Not under the prefixes of that. */
  capabilities: '/.well-known/gateway-engine',
  /** Ours: the signed metadata of a device's product, `<tuf>/<file>`. */
  tuf: '/gateway-engine/v1/tuf',
  /** Ours: what makes one content out of another, `?from=<content id>&to=<content id>`. */
  delta: '/gateway-engine/v1/delta',
} as const;

/** Header names, spelled as they are sent. */
export const headers = {
  cik: 'X-Exosite-CIK',
  token: 'X-Exosite-Token',
  /** Identity of a caller of the gateway's queue: `<vendor> <model> <serial>`. */
  vms: 'X-Exosite-VMS',
  requestTimeout: 'Request-Timeout',
  ifModifiedSince: 'If-Modified-Since',
  lastModified: 'Last-Modified',
} as const;

export const formType = 'application/x-www-form-urlencoded; charset=utf-8';

/** Brings a request's path to the spelling of `paths`. */
export function normalisePath(path: string): string {
  return path.replace(/^\/(?:onep|api)(?::|%3[Aa])v1(?=\/|$)/, '/onep:v1');
}
