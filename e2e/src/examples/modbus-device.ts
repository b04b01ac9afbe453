import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** As much of jsmodbus as a device needs. The library is no dependency of the repository, but of its example. */
interface Modbus {
  readonly server: { readonly TCP: new (server: Server, memory: { readonly holding: Buffer }) => unknown };
}

/** A device that speaks Modbus TCP: a library serves its holding registers, and it can be switched off and on. */
export class ModbusDevice implements AsyncDisposable {
  readonly holding = Buffer.alloc(32);
  readonly #modbus: Modbus;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;

  /** `example`: a folder where the library is installed. */
  constructor(example: string) {
    this.#modbus = createRequire(join(example, 'package.json'))('jsmodbus') as Modbus;
  }

  async switchOn(port: number): Promise<void> {
    const server = createServer((socket) => {
      this.#connections.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#connections.delete(socket));
    });
    new this.#modbus.server.TCP(server, { holding: this.holding });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  async switchOff(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.switchOff();
  }
}
