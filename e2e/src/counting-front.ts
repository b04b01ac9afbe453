import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';

/** A certificate for 127.0.0.1 that is its own authority, made by openssl; gives the files' paths. */
export function makeCertificate(folder: string): { cert: string; key: string } {
  const files = { cert: join(folder, 'front.pem'), key: join(folder, 'front.key') };
  const subject = ['-subj', '/CN=front', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-out', files.cert, '-keyout', files.key], {
    stdio: 'pipe',
  });
  return files;
}

/** A front before a server that counts what is on the line to its clients, and speaks TLS when it has a certificate. */
export class CountingFront implements Disposable {
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();
  readonly #tls: ReturnType<typeof createTlsServer> | undefined;
  readonly #port: number;

  constructor(target: string, certificate?: { cert: string; key: string }) {
    this.#port = Number(new URL(target).port);
    this.#tls =
      certificate &&
      createTlsServer(
        { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
        (stream) => this.#passOn(stream),
      ).on('tlsClientError', () => {});
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Bytes that came from clients, and went to them. */
  get bytes(): { fromClients: number; toClients: number } {
    const sockets = [...this.#sockets];
    return {
      fromClients: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
      toClients: sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0),
    };
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    if (this.#tls) this.#tls.emit('connection', socket);
    else this.#passOn(socket);
  }

  #passOn(near: Duplex): void {
    const far = connect(this.#port, '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
    };
    near.on('error', end);
    far.on('error', end);
    near.pipe(far).pipe(near);
  }
}
