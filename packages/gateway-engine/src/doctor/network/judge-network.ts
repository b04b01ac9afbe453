import { describeError } from '@gateway-engine/host';
import { codesOf } from '../error-codes.ts';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { Attempt } from '../reading.ts';
import type { Handshake } from './line.ts';
import type { NetworkFacts, Way } from './network-facts.ts';

/** Whether the gateway has a network, and how far it leads towards the platform. `now`: milliseconds since 1970. */
export function judgeNetwork(facts: NetworkFacts, now: number): Finding[] {
  const way = 'unknown' in facts.way ? undefined : facts.way;
  const why = 'unknown' in facts.way ? facts.way.unknown : '';
  if (way && isThisMachine(way.host)) {
    const local = 'the platform is on this machine';
    return [
      skipped('network.interface', local),
      skipped('network.route', local),
      ...judgeWay(way, facts, now),
    ];
  }
  return [
    judgeInterfaces(facts.interfaces),
    judgeRoutes(facts, way),
    ...(way
      ? judgeWay(way, facts, now)
      : ['name', 'connection', 'tls'].map((step) => skipped(`network.${step}`, why))),
  ];
}

export function isThisMachine(host: string): boolean {
  return host === 'localhost' || /^127\./.test(host) || host === '::1';
}

function judgeInterfaces(interfaces: NetworkFacts['interfaces']): Finding {
  const name = 'network.interface';
  if ('error' in interfaces) {
    return warning(
      name,
      `the interfaces cannot be listed: ${describeError(interfaces.error)}`,
      'look by hand: ip address',
    );
  }
  const distant = interfaces.value.filter((each) => each.name !== 'lo');
  const usable = distant.filter(({ up, addresses }) => up && addresses.length > 0);
  if (usable.length > 0) {
    return ok(name, usable.map((each) => `${each.name} is up with ${each.addresses.join(', ')}`).join('; '));
  }
  if (distant.length === 0) {
    return failed(
      name,
      'there is no network interface',
      'look whether the driver or the modem is there: ip link',
    );
  }
  const states = distant.map((each) => `${each.name} is ${each.up ? 'up without an address' : 'down'}`);
  return failed(
    name,
    states.join('; '),
    'plug in the cable or start the connection; an interface without an address waits for DHCP: ip address',
  );
}

function judgeRoutes({ routes }: NetworkFacts, way: Way | undefined): Finding {
  const name = 'network.route';
  if (routes.length > 0) return ok(name, `the default route leads over ${routes.join(' and ')}`);
  const advice = 'set a gateway by DHCP or by hand: ip route add default via ADDRESS';
  // In the same network as the gateway, or behind a special route.
  const reaches = way?.connection !== undefined && 'value' in way.connection;
  const found = 'there is no default route';
  return reaches
    ? warning(name, `${found}, yet the platform is reached`, advice)
    : failed(name, found, advice);
}

function judgeWay(way: Way, { nameServers }: NetworkFacts, now: number): Finding[] {
  const { host, port, proxy, addresses, connection } = way;
  const whose = proxy === undefined ? '' : 'the proxy ';
  const line: Finding[] = [];
  if ('error' in addresses) {
    const asked = nameServers.length === 0 ? 'no name server is set' : `asked ${nameServers.join(', ')}`;
    line.push(
      failed(
        'network.name',
        `${whose}${host} has no address: ${describeError(addresses.error)} (${asked})`,
        'look at the name servers in /etc/resolv.conf, and whether the name is right: gwe --engine-conf',
      ),
      skipped('network.connection', `${host} has no address`),
    );
  } else {
    line.push(ok('network.name', `${whose}${host} is ${addresses.value.slice(0, 4).join(', ')}`));
    line.push(judgeConnection(`${whose}${host}`, port, connection));
  }
  return [...line, judgeTls(way, now)];
}

function judgeConnection(host: string, port: number, connection: Way['connection']): Finding {
  const name = 'network.connection';
  if (connection && 'value' in connection) {
    const { address, ms } = connection.value;
    return ok(name, `${host} takes connections on port ${port} (${address}, ${Math.round(ms)} ms)`);
  }
  const refused = codesOf(connection?.error).includes('ECONNREFUSED');
  return failed(
    name,
    `${host}, port ${port}: ${describeError(connection?.error)}`,
    refused
      ? 'the machine is there, but no server on this port: is the platform running, and is the port right (gwe --engine-conf)?'
      : 'a firewall, the route or the mobile contract may keep the way closed; look from another machine whether the platform runs',
  );
}

/** Certificates that end sooner are to be renewed now. */
const soonMs = 14 * 24 * 3_600_000;

function judgeTls({ server, proxy, host, handshake }: Way, now: number): Finding {
  const name = 'network.tls';
  if (server.startsWith('http:')) {
    return isThisMachine(host)
      ? skipped(name, 'the platform is on this machine, without TLS')
      : warning(
          name,
          `${server} is not encrypted: keys and data can be read on the way`,
          'give the platform a certificate and set https: gwe --set-server https://HOST',
        );
  }
  if (proxy !== undefined) return skipped(name, `the way leads through the proxy ${proxy}`);
  if (!handshake) return skipped(name, 'there is no connection');
  if ('error' in handshake) return failed(name, ...tlsFailure(handshake));
  const { protocol, certificateEnds } = handshake.value;
  const ends = new Date(certificateEnds).toISOString().slice(0, 10);
  const found = `${protocol}, the certificate is trusted and valid to ${ends}`;
  return certificateEnds - now < soonMs
    ? warning(name, found, 'have the operator of the platform renew its certificate')
    : ok(name, found);
}

function tlsFailure({ error }: Extract<Attempt<Handshake>, { error: unknown }>): [string, string] {
  const text = describeError(error);
  const [code = ''] = codesOf(error);
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    return [
      `the certificate is not valid now: ${text}`,
      "look at this gateway's clock first; if that is right, the platform's certificate has to be renewed",
    ];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      `the certificate is for another name: ${text}`,
      'set the name that the certificate is for: gwe --set-server https://HOST',
    ];
  }
  if (/CERT|SIGNED|ISSUER|VERIFY/.test(code)) {
    return [
      `the certificate is not trusted: ${text}`,
      "add the platform's certificate authority to the system's (update-ca-certificates), or name its file in SSL_CERT_FILE",
    ];
  }
  return [
    text,
    'look whether a server of TLS is on this port, and whether something on the way answers in its place',
  ];
}
