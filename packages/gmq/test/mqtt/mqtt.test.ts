import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { headers } from '@gateway-engine/device-api';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import fc from 'fast-check';
import mqtt, { type MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { encodePacket } from '../../src/mqtt/packets.ts';
import { readStatus } from '../../src/status.ts';
import { GmqProcess } from '../support/gmq-process.ts';
import { TestPlatform } from '../support/test-platform.ts';

const cik = 'a'.repeat(40);
const versions = [3, 4, 5] as const;

/** A gmq with an MQTT listener, and a platform; records wait for ten minutes unless `options` say otherwise. */
async function system(options: Record<string, string> = {}) {
  const folder = await temporaryFolder();
  const platform = await TestPlatform.start();
  const mqttPort = await freePort();
  const gmq = await GmqProcess.start(folder.path, platform.url, options, {
    mqtt: { listen: `127.0.0.1:${mqttPort}` },
  });
  await waitUntil('MQTT to listen', () => gmq.log.includes('MQTT listens'));
  const clients: MqttClient[] = [];
  const file = join(folder.path, 'var', 'gmq.db');
  return {
    platform,
    gmq,
    mqttPort,
    waiting: () => readStatus(file).waiting,
    drained: () =>
      waitUntil('the queue to drain', () => readStatus(file).waiting === 0, { timeoutMs: 15_000 }),
    connect: async (protocolVersion: 3 | 4 | 5, more: mqtt.IClientOptions = {}) => {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
        protocolVersion,
        ...(protocolVersion === 3 ? { protocolId: 'MQIsdp' } : {}),
        username: cik,
        reconnectPeriod: 0,
        ...more,
      });
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await gmq[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('the MQTT listener', () => {
  it.each(versions)('takes messages of version %i at every QoS into the queue', async (version) => {
    await using all = await system();
    all.platform.keyOfSerial.set('7', 'b'.repeat(40));
    const client = await all.connect(version);
    for (const qos of [0, 1, 2] as const)
      await client.publishAsync(`write/q${qos}`, 'a&b = Grüße\n', { qos });
    await client.publishAsync('device/prod/prod/7/record/room/temp', '21.5', { qos: 1 });
    const lines = [1, 2, 3].map((at) => JSON.stringify({ alias: 'batch', value: at, at }));
    await client.publishAsync('batch', lines.join('\n'), { qos: 1 });
    await all.drained();
    for (const qos of [0, 1, 2]) expect(all.platform.values(cik, `q${qos}`)).toEqual(['a&b = Grüße\n']);
    expect(all.platform.values('b'.repeat(40), 'room/temp')).toEqual(['21.5']);
    expect(all.platform.values(cik, 'batch')).toEqual(['1', '2', '3']);
  });

  it('acknowledges a message only when it is on disk: a kill after it loses nothing', async () => {
    await using all = await system({ batch_record_period: '600' });
    const client = await all.connect(4, { clientId: 'one' });
    const acknowledged: string[] = [];
    const publish = async (index: number) => {
      const line = JSON.stringify({ alias: 'a', value: index, at: 1000 + index });
      await client.publishAsync('batch', line, { qos: 1 });
      acknowledged.push(String(index));
    };
    // Those that the kill leaves without an answer are rejected.
    const published = Promise.allSettled(Array.from({ length: 2000 }, (_, index) => publish(index)));
    await waitUntil('some acknowledgements', () => acknowledged.length > 300);
    await all.gmq.end('SIGKILL');
    const sure = [...acknowledged];
    await client.endAsync(true);
    await published;
    await all.gmq.start();
    await all.drained();
    const stored = new Set(all.platform.values(cik, 'a'));
    expect(sure.filter((value) => !stored.has(value))).toEqual([]);
  });

  it('refuses what will never be taken: with a reason in version 5, without an acknowledgement before', async () => {
    await using all = await system({ batch_record_period: '600' });
    const five = await all.connect(5);
    for (const [topic, payload, code] of [
      ['sensors/1', 'v', 0x90],
      ['write/a', Buffer.from([0xff]), 0x99],
      ['batch', '{"alias":"a"}', 0x99],
    ] as const) {
      await expect(five.publishAsync(topic, payload, { qos: 1 })).rejects.toMatchObject({ code });
    }
    const four = await all.connect(4);
    const closed = new Promise<void>((resolve) => four.once('close', () => resolve()));
    const rejected = expect(four.publishAsync('sensors/1', 'v', { qos: 1 })).rejects.toThrow();
    await closed;
    await four.endAsync(true);
    await rejected;
    await waitUntil('the log', () => all.gmq.log.includes('to \\"sensors/1\\" is not taken'));
    expect(all.waiting()).toBe(0);
    await five.publishAsync('sensors/1', 'nobody is told', { qos: 0 });
    const counts = async () => JSON.parse((await all.gmq.command('status', '--json')).stdout).mqtt;
    await waitUntil('the counts', async () => (await counts())?.dropped === 1);
    expect(await counts()).toEqual({ connections: 1, stored: 0, dropped: 1, refused: 4 });
    expect((await all.gmq.command('status')).stdout).toContain('0 stored, 1 dropped, 4 refused');
  });

  it('refuses subscriptions and user names that say nothing, and keeps no retained message', async () => {
    await using all = await system();
    const client = await all.connect(4);
    const granted = await client.subscribeAsync('write/#').catch((error: unknown) => error);
    expect(granted).toBeInstanceOf(Error);
    await client.publishAsync('write/a', 'kept once', { qos: 1, retain: true });
    await all.drained();
    expect(all.platform.values(cik, 'a')).toEqual(['kept once']);
    await expect(all.connect(5, { username: 'sensor' })).rejects.toThrow(/user/i);
    await expect(all.connect(4, { username: 'sensor' })).rejects.toThrow();
  });

  it('stores the will of a client that is cut off, and not of one that says goodbye', async () => {
    await using all = await system();
    const will = (text: string) => ({
      topic: 'write/state',
      payload: Buffer.from(text),
      qos: 1 as const,
      retain: false,
    });
    const polite = await all.connect(5, { will: will('polite') });
    await polite.endAsync();
    const cut = await all.connect(4, { will: will('cut off') });
    cut.stream.destroy();
    await waitUntil('the will', () => all.platform.values(cik, 'state').length > 0);
    expect(all.platform.values(cik, 'state')).toEqual(['cut off']);
  });

  it('a QoS 2 message that is sent again before its release is stored once', async () => {
    await using all = await system({ batch_record_period: '600' });
    using raw = await RawMqtt.connect(all.mqttPort);
    raw.send({
      cmd: 'connect',
      clientId: 'raw',
      clean: true,
      username: cik,
      protocolVersion: 4,
      protocolId: 'MQTT',
    });
    const publish = { cmd: 'publish', qos: 2, topic: 'batch', messageId: 9, retain: false } as const;
    for (const [dup, at] of [
      [false, 1],
      [true, 2],
    ] as const) {
      raw.send({ ...publish, dup, payload: JSON.stringify({ alias: 'a', value: 1, at }) });
    }
    raw.send({ cmd: 'pubrel', messageId: 9 });
    await waitUntil('the answers', () => raw.received.length >= 4 * 4);
    expect(all.waiting()).toBe(1);
  });

  it('a client of the same name takes the place of the one before', async () => {
    await using all = await system();
    const first = await all.connect(4, { clientId: 'same' });
    const closed = new Promise<void>((resolve) => first.once('close', () => resolve()));
    const second = await all.connect(4, { clientId: 'same' });
    await closed;
    await second.publishAsync('write/a', 'v', { qos: 1 });
  });

  it('is closed to what is no MQTT, and goes on', async () => {
    await using all = await system();
    const [connect, connect5] = ([4, 5] as const).map((version) =>
      encodePacket(
        {
          cmd: 'connect',
          clientId: 'x',
          clean: true,
          protocolVersion: version,
          protocolId: 'MQTT',
          keepalive: 5,
        },
        version,
      ),
    ) as [Buffer, Buffer];
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]),
      Buffer.from([0xc0, 0]),
      Buffer.concat([connect, connect]),
      Buffer.concat([connect, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]),
      Buffer.concat([connect, Buffer.from([0x30, 5, 0, 0, 1, 2, 3])]),
      Buffer.concat([connect, Buffer.from([0xf0, 0])]),
      // SUBSCRIBE and UNSUBSCRIBE of MQTT 5 with properties, and no topic.
      Buffer.concat([connect5, Buffer.from([0x82, 5, 0, 8, 2, 0x0b, 1])]),
      Buffer.concat([connect5, Buffer.from([0xa2, 10, 0, 8, 7, 0x26, 0, 1, 97, 0, 1, 98])]),
    ]) {
      using raw = await RawMqtt.connect(all.mqttPort);
      raw.socket.write(bytes);
      await waitUntil('the end', () => raw.ended);
    }
    expect(all.gmq.log).not.toContain('unexpected');
    const client = await all.connect(5);
    await client.publishAsync('write/a', 'v', { qos: 1 });
    expect((await all.gmq.send('POST', '/onep:v1/stack/alias', 'b=1', { [headers.cik]: cik })).status).toBe(
      204,
    );
  });

  it('bears packets that are damaged anywhere', async () => {
    await using all = await system();
    const will = { topic: 'write/w', payload: Buffer.from('w'), qos: 1 as const };
    const packets = versions.flatMap((version) => {
      const protocolId = version === 3 ? 'MQIsdp' : 'MQTT';
      const connect = {
        cmd: 'connect',
        clientId: 'x',
        clean: true,
        keepalive: 1,
        username: cik,
        will,
      } as const;
      const publish = { cmd: 'publish', qos: 2, messageId: 7, topic: 'write/a', payload: 'v' } as const;
      return [
        { ...connect, protocolId, protocolVersion: version } as const,
        { ...publish, dup: false, retain: false },
        { cmd: 'pubrel', messageId: 7 } as const,
        { cmd: 'subscribe' as const, messageId: 8, subscriptions: [{ topic: '#', qos: 0 as const }] },
      ].map((packet) => encodePacket(packet, version));
    });
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    const streams = fc.tuple(fc.constantFrom(0, 4, 8), damage);
    for (const [first, changes] of fc.sample(streams, 150)) {
      const bytes = Buffer.concat(packets.slice(first, first + 4));
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      using raw = await RawMqtt.connect(all.mqttPort);
      raw.socket.end(bytes);
      await waitUntil('the end', () => raw.ended, { everyMs: 2, timeoutMs: 15_000 });
    }
    const client = await all.connect(5);
    await client.publishAsync('write/b', 'v', { qos: 1 });
    expect(all.gmq.log).not.toContain('unexpected');
  });
});

/** A socket that sends packets as they are. */
class RawMqtt implements Disposable {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
    });
  }

  static async connect(port: number): Promise<RawMqtt> {
    const socket = connectTcp(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawMqtt(socket);
  }

  send(packet: Parameters<typeof encodePacket>[0]): void {
    this.socket.write(encodePacket(packet, 4));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
