import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../src/system.ts';

/** A module of an example: plain JavaScript, so that its types are told here. */
function part<T>(path: string): Promise<T> {
  return import(pathToFileURL(join(root, 'examples', path)).href) as Promise<T>;
}

interface Registers {
  parseRegisters(text: string): {
    alias: string;
    address: number;
    words: number;
    value(bytes: Buffer): number;
  }[];
}

describe('the registers of the Modbus example', () => {
  const types = {
    uint16: {
      words: 1,
      most: 0xffff,
      least: 0,
      write: (value: number, to: Buffer) => to.writeUInt16BE(value),
    },
    int16: {
      words: 1,
      most: 0x7fff,
      least: -0x8000,
      write: (value: number, to: Buffer) => to.writeInt16BE(value),
    },
    uint32: {
      words: 2,
      most: 0xffffffff,
      least: 0,
      write: (value: number, to: Buffer) => to.writeUInt32BE(value),
    },
    int32: {
      words: 2,
      most: 0x7fffffff,
      least: -0x80000000,
      write: (value: number, to: Buffer) => to.writeInt32BE(value),
    },
  };

  test('are read as whole numbers of their type, with tenths as people write them', async () => {
    const { parseRegisters } = await part<Registers>('modbus-meter/src/registers.js');
    const cases = fc.constantFrom(...Object.entries(types)).chain(([type, { least, most, ...rest }]) =>
      fc.record({
        type: fc.constant(type),
        rest: fc.constant(rest),
        raw: fc.integer({ min: least, max: most }),
      }),
    );
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 0xffff }), ({ type, rest, raw }, address) => {
        const bytes = Buffer.alloc(rest.words * 2);
        rest.write(raw, bytes);
        const [whole, tenths] = parseRegisters(
          JSON.stringify([
            { alias: 'whole', address, type },
            { alias: 'tenths', address, type, scale: 0.1 },
          ]),
        );
        expect(whole).toMatchObject({ alias: 'whole', address, words: rest.words });
        expect(whole?.value(bytes)).toBe(raw === 0 ? 0 : raw);
        expect(String(tenths?.value(bytes))).toBe(String(raw / 10));
      }),
    );
  });

  test('that make no sense are refused, and the text says which', async () => {
    const { parseRegisters } = await part<Registers>('modbus-meter/src/registers.js');
    const refused: [object, RegExp][] = [
      [{ address: 0, type: 'int16' }, /no "alias"/],
      [{ alias: 'a', address: 65_536, type: 'int16' }, /"address" of a/],
      [{ alias: 'a', address: 0.5, type: 'int16' }, /"address" of a/],
      [{ alias: 'a', address: 0, type: 'toString' }, /"type" of a is none of uint16,/],
    ];
    for (const [register, message] of refused) {
      expect(() => parseRegisters(JSON.stringify([register]))).toThrow(message);
    }
  });
});

interface Topics {
  parseTopics(text: string): Map<string, object[]>;
  valuesOf(entries: object[], payload: Buffer): Record<string, unknown>;
}

describe('the topics of the MQTT example', () => {
  test('give their aliases what the message says, as a whole or field by field', async () => {
    const { parseTopics, valuesOf } = await part<Topics>('mqtt-bridge/src/topics.js');
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const fields = fc.dictionary(word, fc.oneof(number, fc.string(), fc.boolean()), { minKeys: 1 });
    fc.assert(
      fc.property(word, word, fields, fc.string(), (topic, alias, message, text) => {
        const [field = '', value] = Object.entries(message)[0] ?? [];
        const map = parseTopics(
          JSON.stringify([
            { topic, alias: `${alias}_field`, field },
            { topic: `${topic}/text`, alias },
          ]),
        );
        const sent = JSON.stringify(message);
        const received = (JSON.parse(sent) as typeof message)[field];
        expect(Object.is(received, value) || value === 0).toBe(true);
        expect(valuesOf(map.get(topic) ?? [], Buffer.from(sent))).toEqual({ [`${alias}_field`]: received });
        expect(valuesOf(map.get(`${topic}/text`) ?? [], Buffer.from(text))).toEqual({ [alias]: text.trim() });
      }),
    );
  });

  test('that make no sense are refused, and messages without what is wanted', async () => {
    const { parseTopics, valuesOf } = await part<Topics>('mqtt-bridge/src/topics.js');
    expect(() => parseTopics('[{"topic": "a/+", "alias": "b"}]')).toThrow(/name each topic/);
    expect(() => parseTopics('[{"topic": "a"}]')).toThrow(/topic a has no "alias"/);
    expect(() => parseTopics('[{"topic": "a", "alias": "b", "field": 1}]')).toThrow(/"field"/);
    const entries = [{ topic: 'a', alias: 'b', field: 'c' }];
    for (const payload of ['no JSON', '{}', 'null', '{"c": {}}']) {
      expect(() => valuesOf(entries, Buffer.from(payload)), payload).toThrow();
    }
  });
});

interface QueueModule {
  Queue: new () => { record(values: Record<string, unknown>, seconds: number): Promise<void> };
}

describe('the queue as the examples for Node.js use it', () => {
  const answers: number[] = [];
  const received: { cik: string; body: string }[] = [];
  let server: Server;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let module: QueueModule;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const gwe = join(folder.path, 'gwe');
    await writeFile(gwe, `#!/bin/sh\necho ${'0123456789'.repeat(4)}\n`);
    await chmod(gwe, 0o755);
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ cik: String(request.headers['x-exosite-cik']), body });
      response.writeHead(answers.shift() ?? 204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('GMQ_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('PATH', `${folder.path}${delimiter}${process.env.PATH}`);
    module = await part('node-network-demo/queue.js');
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    server?.closeAllConnections();
    server?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  test('has all values of a record in one request, each under its alias and time', async () => {
    await new module.Queue().record({ voltage: 230.1, 'a&b': 'ü =' }, 1_600_000_000);
    expect(received.at(-1)?.cik).toBe('0123456789'.repeat(4));
    expect([...new URLSearchParams(received.at(-1)?.body)]).toEqual([
      ['alias', 'voltage'],
      ['1600000000', '230.1'],
      ['alias', 'a&b'],
      ['1600000000', 'ü ='],
    ]);
  });

  test('is given a record again while it takes nothing, and never what it refuses', async () => {
    const before = received.length;
    answers.push(503);
    const queue = new module.Queue();
    await queue.record({ power: 1 }, 1_600_000_001);
    expect(received.slice(before).map(({ body }) => body)).toEqual(Array(2).fill('alias=power&1600000001=1'));
    answers.push(400);
    await expect(queue.record({ power: 2 }, 1_600_000_002)).rejects.toThrow(/refused .*: 400/);
    expect(received).toHaveLength(before + 3);
  });
});
