import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[] | undefined>>;

/** Of an address that has left its interface meanwhile. */
const unknownInterface = 'unknown';
const keptMs = 60_000;

/** Names the interface that a connection's local address belongs to; asks the system once a minute. */
export class InterfaceNames {
  readonly #monotonic: () => number;
  readonly #ask: () => Interfaces;
  #known: Interfaces = {};
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(monotonic: () => number, ask: () => Interfaces = networkInterfaces) {
    this.#monotonic = monotonic;
    this.#ask = ask;
  }

  /** Empty for undefined: there was no connection. */
  of(localAddress: string | undefined): string {
    if (localAddress === undefined) return '';
    const address = localAddress.replace(/^::ffff:(?=\d+\.)/i, '');
    if (address === '::1' || /^127\./.test(address)) return 'lo';
    const [plain, zone] = address.split('%', 2);
    if (zone) return zone;
    const now = this.#monotonic();
    // An address that is not known yet may be new: a modem that dialled.
    const found = now - this.#askedAt < keptMs ? find(this.#known, plain) : undefined;
    if (found) return found;
    if (now - this.#askedAt >= 1000) {
      this.#known = this.#ask();
      this.#askedAt = now;
    }
    return find(this.#known, plain) ?? unknownInterface;
  }
}

function find(interfaces: Interfaces, address: string | undefined): string | undefined {
  return Object.entries(interfaces).find(([, addresses]) =>
    addresses?.some((each) => each.address === address),
  )?.[0];
}
