import { connect, type Socket } from 'node:net';
import { waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/http/answer.ts';
import { BodyBudget } from '../../src/http/body-budget.ts';
import { HttpServer } from '../../src/http/server.ts';

class Running implements AsyncDisposable {
  readonly server = new HttpServer();
  readonly asked: string[] = [];
  readonly refused: number[] = [];
  dropped = 0;
  #port = 0;
  /** Answers to come; without them, 204 at once. */
  answering: Promise<Answer> = Promise.resolve({ status: 204 });

  static async start(): Promise<Running> {
    const running = new Running();
    await new Promise<void>((resolve) => running.server.tcp.listen(0, '127.0.0.1', resolve));
    const address = running.server.tcp.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    running.#port = address.port;
    running.server.serve({
      answer: ({ head, body }) => {
        running.asked.push(`${head.target} ${body}`);
        return running.answering;
      },
      refused: ({ status }) => running.refused.push(status),
      dropped: () => running.dropped++,
      budget: new BodyBudget(),
      now: () => 0,
    });
    return running;
  }

  connect(): Client {
    return new Client(connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}

class Client {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    socket.on('end', () => {
      this.ended = true;
    });
    // A server that has closed may reset what is sent to it.
    socket.on('error', () => socket.destroy());
  }

  async until(text: string): Promise<void> {
    await waitUntil(`the answer ${text}`, () => this.text.includes(text));
  }
}

const post = (path: string, body: string, more = '') =>
  `POST ${path} HTTP/1.1\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const done = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n';

describe('a server for local programs', () => {
  it('answers requests that are sent ahead in their order, each after the one before', async () => {
    await using running = await Running.start();
    const client = running.connect();
    let release = (_: Answer) => {};
    running.answering = new Promise((resolve) => {
      release = resolve;
    });
    client.socket.write(post('/1', 'a') + post('/2', 'b'));
    await waitUntil('the first', () => running.asked.length === 1);
    running.answering = Promise.resolve({ status: 204 });
    release({ status: 200, body: 'first', contentType: 'text/plain' });
    await client.until('204');
    expect(running.asked).toEqual(['/1 a', '/2 b']);
    expect(client.text).toBe(
      `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nfirst${done}`,
    );
    client.socket.destroy();
  });

  it('answers a program that has said that it sends nothing more, and closes', async () => {
    await using running = await Running.start();
    const client = running.connect();
    let release = (_: Answer) => {};
    running.answering = new Promise((resolve) => {
      release = resolve;
    });
    client.socket.end(post('/', 'a') + post('/', 'b') + post('/', 'c'));
    await waitUntil('the request', () => running.asked.length === 1);
    release({ status: 204 });
    await waitUntil('the end', () => client.ended);
    expect(client.text.match(/204 No Content/g)).toHaveLength(3);
    expect(client.text.match(/Connection: close/g)).toHaveLength(1);
  });

  it('lets a program that sends too much read the answer', async () => {
    await using running = await Running.start();
    const client = running.connect();
    client.socket.write('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n');
    for (let part = 0; part < 32; part++) client.socket.write(Buffer.alloc(0x10000));
    await client.until('413');
    await waitUntil('the end', () => client.ended);
    expect([running.asked, running.refused]).toEqual([[], [413]]);
    client.socket.destroy();
  });

  it('leaves out the body of an answer to HEAD', async () => {
    await using running = await Running.start();
    running.answering = Promise.resolve({ status: 404, body: 'nothing' });
    const client = running.connect();
    client.socket.write('HEAD / HTTP/1.1\r\n\r\n');
    await client.until('Content-Length: 7');
    running.answering = Promise.resolve({ status: 204 });
    client.socket.write(post('/', ''));
    await client.until('204');
    expect(client.text).not.toContain('nothing');
    client.socket.destroy();
  });

  it('does not read on while a program leaves its answers unread', async () => {
    await using running = await Running.start();
    running.answering = Promise.resolve({ status: 200, body: 'x'.repeat(100_000) });
    const client = running.connect();
    client.socket.pause();
    const many = 2000;
    for (let number = 0; number < many; number++) client.socket.write(post('/', 'a'));
    await waitUntil('some', () => running.asked.length > 10);
    let before = -1;
    await waitUntil(
      'a standstill',
      () => {
        const now = running.asked.length;
        const still = now === before;
        before = now;
        return still;
      },
      { everyMs: 200 },
    );
    expect(running.asked.length).toBeLessThan(many);
    client.socket.resume();
    await waitUntil('the rest', () => running.asked.length === many);
    client.socket.destroy();
  });

  it('stops when the requests that it works on are answered', async () => {
    const running = await Running.start();
    const [idle, busy] = [running.connect(), running.connect()];
    let release = (_: Answer) => {};
    running.answering = new Promise((resolve) => {
      release = resolve;
    });
    idle.socket.write('POST / HT');
    busy.socket.write(post('/', 'a'));
    await waitUntil('the request', () => running.asked.length === 1);
    const stopped = running.server.stop();
    release({ status: 204 });
    await stopped;
    await waitUntil('the ends', () => busy.ended && (idle.ended || idle.socket.destroyed));
    expect([busy.text.slice(0, 12), idle.text]).toEqual(['HTTP/1.1 204', '']);
  });
});
