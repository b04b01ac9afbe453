import { DeviceClient } from '@gateway-engine/device-client';

/**
 * The way to each server, shared by all identities: one kept-alive connection while their uploads come one after the
 * other, and never more than there are uploads at a time. A connection of its own for each of them would cost a TLS
 * handshake, some 5 KB, again and again.
 */
export class Connections {
  readonly #open: (server: string) => DeviceClient;
  readonly #byServer = new Map<string, DeviceClient>();

  constructor(open: (server: string) => DeviceClient) {
    this.#open = open;
  }

  /** A client that speaks for the bearer of a key. When it is closed, the connections stay for the others. */
  connect(server: string, cik: string | undefined): DeviceClient {
    const sharing = this.#byServer.get(server) ?? this.#open(server);
    this.#byServer.set(server, sharing);
    return new DeviceClient({ sharing, cik });
  }

  close(): void {
    for (const client of this.#byServer.values()) client.close();
    this.#byServer.clear();
  }
}
