import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * What TLS runs on: the TCP socket itself, or, on Bun, a stream that passes everything on to it. Bun lets TLS write past
 * the socket, which then does not count what was sent.
 */
export function tlsGround(socket: Socket): Duplex {
  return process.versions.bun === undefined ? socket : new PassingStream(socket);
}

class PassingStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
