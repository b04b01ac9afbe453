import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/** An HTTP proxy: CONNECT opens tunnels, requests with a whole address are passed on. Notes what it was asked for. */
export class ProxyServer implements AsyncDisposable {
  /** Request line and Proxy-Authorization of each request. */
  readonly asked: string[] = [];
  /** What it answers CONNECT with instead of opening a tunnel. */
  refusal: string | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer();

  static async start(): Promise<ProxyServer> {
    const proxy = new ProxyServer();
    proxy.#server.on('connection', (socket) => proxy.#keep(socket));
    proxy.#server.on('request', (request, response) => {
      const url = new URL(request.url ?? '');
      proxy.asked.push(`${request.method} ${url.origin} ${request.headers['proxy-authorization'] ?? ''}`);
      const far = proxy.#keep(connect(Number(url.port), '127.0.0.1'));
      const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
      far.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
      far.once('data', (chunk) => {
        const [head = '', body = ''] = chunk.toString().split('\r\n\r\n');
        response.writeHead(Number(/ (\d{3}) /.exec(head)?.[1]), { 'Content-Length': body.length }).end(body);
      });
    });
    proxy.#server.on('connect', (request, near: Socket) => {
      proxy.asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      if (proxy.refusal !== undefined) {
        near.end(proxy.refusal);
        return;
      }
      const far = proxy.#keep(connect(Number(request.url?.split(':').at(-1)), '127.0.0.1'));
      far.once('connect', () => near.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n'));
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    return socket;
  }
}
