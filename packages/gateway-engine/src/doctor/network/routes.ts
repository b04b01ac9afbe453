const isUp = 0x0001;
const isReject = 0x0200;

/** Interfaces that a default route leads over, from /proc/net/route. */
export function defaultRoutes(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [name, destination, , flags = '', , , , mask] = line.trim().split(/\s+/);
    const isDefault = destination === '00000000' && mask === '00000000' && usable(flags);
    return name !== undefined && isDefault ? [name] : [];
  });
}

/** The same from /proc/net/ipv6_route. */
export function defaultRoutesV6(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', prefix, , , , , , , flags = '', name] = line.trim().split(/\s+/);
    const isDefault = /^0{32}$/.test(destination) && prefix === '00' && usable(flags);
    return name !== undefined && name !== 'lo' && isDefault ? [name] : [];
  });
}

function usable(flags: string): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & isUp) !== 0 && (bits & isReject) === 0;
}

/** The name servers of /etc/resolv.conf. */
export function nameServers(text: string): string[] {
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
}
