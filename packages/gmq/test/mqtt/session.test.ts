import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { BodyBudget } from '../../src/http/body-budget.ts';
import { encodePacket } from '../../src/mqtt/packets.ts';
import { Session } from '../../src/mqtt/session.ts';

it('a defect that one connection meets ends that one, and no other', async () => {
  const failures: unknown[] = [];
  const stored: string[] = [];
  const server = createServer((socket) => {
    new Session(socket, {
      budget: new BodyBudget(),
      packetBytes: 1000,
      callerOfUser: () => undefined,
      publish: ({ topic }) => {
        if (topic === 'defect') throw new Error('not as it should be');
        stored.push(topic);
        return Promise.resolve('stored');
      },
      named: () => undefined,
      ended: () => undefined,
      complain: () => undefined,
      failed: (error) => failures.push(error),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const client = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const hello = { cmd: 'connect', clientId: '', clean: true, keepalive: 5 } as const;
    socket.write(encodePacket({ ...hello, protocolId: 'MQTT', protocolVersion: 4 }, 4));
    const publish = (topic: string) =>
      socket.write(
        encodePacket({ cmd: 'publish', topic, payload: 'v', qos: 0, dup: false, retain: false }, 4),
      );
    return { socket, publish };
  };
  const [first, second] = [await client(), await client()];
  const closed = once(first.socket.resume(), 'close');
  first.publish('defect');
  await closed;
  expect(failures).toMatchObject([{ message: 'not as it should be' }]);
  second.publish('other');
  await waitUntil('the other message', () => stored.length > 0);
  expect(stored).toEqual(['other']);
});
