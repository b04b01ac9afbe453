import { BlockList, isIP } from 'node:net';
import { UsageError } from '@gateway-engine/host/basics';

/** An HTTP proxy on the way to the server. */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  /** `Proxy-Authorization`, when its address holds a name and password. */
  readonly authorization: string | undefined;
}

/**
 * The proxy to reach a server by: the given address, or the one of the environment (`http_proxy`, `https_proxy`,
 * `all_proxy`, `no_proxy`, in lower or upper case). This machine itself is never reached by a proxy. Throws UsageError,
 * without the address when that holds a password.
 */
export function proxyFor(
  server: URL,
  given: string | false | undefined,
  env: NodeJS.ProcessEnv = process.env,
): HttpProxy | undefined {
  if (given === false || isThisMachine(server.hostname)) return undefined;
  if (given !== undefined) return given === '' ? undefined : parseProxy(given, 'proxy');
  for (const name of [server.protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy']) {
    const address = setting(env, name);
    if (address) {
      return isExempt(server, setting(env, 'no_proxy') ?? '') ? undefined : parseProxy(address, name);
    }
  }
  return undefined;
}

function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  // A CGI program finds the header `Proxy` of whoever called it under this name.
  if (name === 'http_proxy' && env.REQUEST_METHOD !== undefined) return env[name];
  return env[name] ?? env[name.toUpperCase()];
}

function parseProxy(address: string, name: string): HttpProxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`);
  if (url?.protocol !== 'http:' || url.hostname === '') {
    throw new UsageError(`${name} is no address of a proxy: expected http://[NAME:PASSWORD@]HOST[:PORT]`);
  }
  const login = `${decoded(url.username, name)}:${decoded(url.password, name)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    authorization: login === ':' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`,
  };
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new UsageError(`${name}: its name and password must be percent-encoded`, { cause });
  }
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|\[::1\])/.test(hostname);
}

/** Whether `no_proxy` names the server: `*`, a host and those below it, an address or a network, each with or without a port. */
function isExempt(server: URL, list: string): boolean {
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
      if (withPort && withPort[2] !== port) return false;
      const name = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
      return name === '*' || name === host || host.endsWith(`.${name}`) || isInNetwork(host, name);
    });
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/', 2);
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 6 ? 128 : 32)) return false;
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), kind);
  return list.check(host, kind);
}
