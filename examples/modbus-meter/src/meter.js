import { once } from 'node:events';
import { Socket } from 'node:net';
import modbus from 'jsmodbus';

const answerMs = 3000;

/** A device that speaks Modbus TCP. Connected when it is first read, and again after every failure. */
export class Meter {
  #host;
  #port;
  #unit;
  #client;

  constructor(device, unit) {
    const [, host, port] = /^(.+):(\d+)$/.exec(device) ?? [];
    if (host === undefined) throw new Error(`DEVICE is ${device}, not HOST:PORT`);
    this.#host = host;
    this.#port = Number(port);
    this.#unit = Number(unit);
  }

  /** The values of the registers by alias; throws when one cannot be read, and reads again from the beginning then. */
  async read(registers) {
    try {
      this.#client ??= await this.#connect();
      const values = {};
      for (const { alias, address, words, value } of registers) {
        const { response } = await this.#client.readHoldingRegisters(address, words);
        values[alias] = value(response.body.valuesAsBuffer);
      }
      return values;
    } catch (error) {
      this.#client?.socket.destroy();
      this.#client = undefined;
      throw error;
    }
  }

  async #connect() {
    const socket = new Socket();
    const client = new modbus.client.TCP(socket, this.#unit, answerMs);
    socket.connect(this.#port, this.#host);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(answerMs) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    // A connection that ends while nothing is read says so with the next reading.
    socket.on('error', () => {});
    return client;
  }
}
