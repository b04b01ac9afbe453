import { DeviceApiError, NetworkError } from '@gateway-engine/device-client';
import { openDatabase, silentLogger } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSettings, type Settings } from '../../src/settings.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';
import type { UploadClient } from '../../src/upload/lane.ts';
import { Uploader } from '../../src/upload/uploader.ts';

const key = 'a'.repeat(40);
const newKey = 'b'.repeat(40);
const device = { vendor: 'prod', model: 'prod', serial: '1' };

type Sent = { cik: string | undefined; points: [alias: string, at: number, value: string][] };

let clock: FakeClock;
let store: QueueStore;
let settings: Settings;
let uploader: Uploader;
let sent: Sent[];
let activations: number;
let answer: (sent: Sent) => void;
let activate: () => string;
let servers: string[];
let keyOfGateway: string | undefined;

beforeEach(() => {
  clock = new FakeClock();
  store = new QueueStore(openDatabase(':memory:', migrations));
  settings = parseSettings('[platform]\nserver = http://platform.example\n', 'gmq.cfg', '/home');
  sent = [];
  activations = 0;
  servers = [];
  answer = () => undefined;
  activate = () => newKey;
  keyOfGateway = undefined;
  uploader = new Uploader({
    store,
    clock,
    logger: silentLogger,
    random: () => 0,
    settings: () => settings,
    connect: (server, cik): UploadClient => {
      servers.push(server);
      return {
        cik,
        async record(groups) {
          const points = Array.from(groups).flatMap(([alias, values]) =>
            Array.from(values, ([at, value]): [string, number, string] => [alias, at, value]),
          );
          sent.push({ cik: this.cik, points });
          answer({ cik: this.cik, points });
          return { status: 204, date: undefined };
        },
        async activate() {
          activations++;
          return activate();
        },
        close: () => undefined,
      };
    },
    gatewayKey: async () => keyOfGateway,
  });
});

afterEach(async () => {
  await uploader.stop();
  store.close();
});

/** Lets commits and promises settle without time passing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await clock.advance(0);
}

async function pass(ms: number): Promise<void> {
  await clock.advance(ms);
  await settle();
}

async function write(alias: string, at: number, value = 'v', cik = key): Promise<void> {
  uploader.written(await store.accept({ cik }, [{ alias, at, value }], 0));
  await settle();
}

async function record(alias: string, at: number, value = 'v'): Promise<void> {
  uploader.recorded(await store.accept({ cik: key }, [{ alias, at, value }], 0));
}

function waiting(): number {
  return store
    .lastWaiting()
    .reduce((sum, one) => sum + [...store.waiting(one.identity, one.lastId)].length, 0);
}

const refusal = (status: number) => new DeviceApiError(`HTTP ${status}`, status);

describe('when uploads happen', () => {
  it('a write is uploaded at once and leaves the queue', async () => {
    await write('a', 1);
    expect(sent.map(({ points }) => points)).toEqual([[['a', 1, 'v']]]);
    expect(waiting()).toBe(0);
  });

  it('writes in quick succession share an upload, half a second after the one before', async () => {
    await write('a', 1);
    await write('a', 2);
    await write('b', 2);
    expect(sent).toHaveLength(1);
    await pass(500);
    expect(sent.map(({ points }) => points.length)).toEqual([1, 2]);
  });

  it('records wait for the end of the period and then go in one upload', async () => {
    uploader.start();
    for (let at = 1; at <= 10; at++) await record('a', at);
    await pass(9_999);
    expect(sent).toHaveLength(0);
    await pass(1);
    expect(sent.map(({ points }) => points.length)).toEqual([10]);
  });

  it('a write takes the records that came before it along, and leaves later ones to the period', async () => {
    await record('a', 1);
    await write('a', 2);
    await record('a', 3);
    await pass(5_000);
    expect(sent.map(({ points }) => points.map(([, at]) => at))).toEqual([[1, 2]]);
  });

  it('a backlog drains without waiting for periods, in uploads that grow', async () => {
    uploader.start();
    for (let at = 1; at <= 100; at++) await record('a', at);
    await pass(10_000);
    expect(sent.map(({ points }) => points.length)).toEqual([10, 20, 40, 30]);
    expect(sent.flatMap(({ points }) => points.map(([, at]) => at))).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it('what an earlier run left behind goes at the start', async () => {
    await record('a', 1);
    uploader.start();
    await settle();
    expect(sent).toHaveLength(1);
  });

  it('reread ends every wait and takes up a changed server', async () => {
    answer = () => {
      throw new NetworkError('cut');
    };
    await write('a', 1);
    answer = () => undefined;
    settings = { ...settings, server: 'http://other.example' };
    uploader.reread();
    await pass(500);
    expect(servers).toEqual(['http://platform.example', 'http://other.example']);
    expect(waiting()).toBe(0);
  });

  it('without a configured server the host of the vendor is used, or the common one', async () => {
    settings = { ...settings, server: undefined };
    await write('a', 1);
    uploader.written(await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0));
    await settle();
    expect(servers).toEqual(['https://m2.exosite.com', 'https://prod.m2.exosite.com']);
  });
});

describe('failures that pass', () => {
  it.each([
    ['a network failure', new NetworkError('cut')],
    ['a 500', refusal(500)],
    ['a 429', refusal(429)],
    ['a 404 of a wrong server', refusal(404)],
  ])('after %s the records stay and are tried again, ever more slowly, for ever', async (_, error) => {
    settings = { ...settings, retryMaximumMs: 4000 };
    const tries: number[] = [];
    answer = () => {
      tries.push(clock.monotonic());
      throw error;
    };
    await write('a', 1);
    await pass(20_000);
    expect(tries).toEqual([0, 1000, 3000, 7000, 11_000, 15_000, 19_000]);
    answer = () => undefined;
    await pass(4000);
    expect(waiting()).toBe(0);
  });

  it('writes during a wait do not hasten the next try', async () => {
    answer = () => {
      throw new NetworkError('cut');
    };
    await write('a', 1);
    for (let at = 2; at < 20; at++) await write('a', at);
    expect(sent).toHaveLength(1);
  });

  it('one identity that fails does not hold up another', async () => {
    answer = ({ cik }) => {
      if (cik === key) throw new NetworkError('cut');
    };
    await write('a', 1);
    await write('a', 1, 'v', newKey);
    expect(sent.map(({ cik }) => cik)).toEqual([key, newKey]);
    expect(waiting()).toBe(1);
  });
});

describe('records that the platform refuses', () => {
  it.each([400, 409, 413, 415])(
    'a record refused with %i alone is set aside, the others arrive',
    async (status) => {
      uploader.start();
      for (let at = 1; at <= 10; at++) await record(at === 7 ? 'bad' : 'good', at);
      const stored: string[] = [];
      answer = ({ points }) => {
        if (points.some(([alias]) => alias === 'bad')) throw refusal(status);
        stored.push(...points.map(([alias, at]) => `${alias} ${at}`));
      };
      await pass(10_000);
      expect(stored.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10].map((at) => `good ${at}`).toSorted());
      expect(waiting()).toBe(0);
      expect(sent.length).toBeLessThan(10);
    },
  );

  it('a value refused in place of an earlier one of its second leaves the earlier one to be sent', async () => {
    uploader.start();
    await record('a', 1, 'good');
    await record('a', 1, 'bad');
    answer = ({ points }) => {
      if (points.some(([, , value]) => value === 'bad')) throw refusal(400);
    };
    await pass(10_500);
    expect(sent.map(({ points }) => points)).toEqual([[['a', 1, 'bad']], [['a', 1, 'good']]]);
    expect(waiting()).toBe(0);
  });
});

describe('keys', () => {
  it('an identity is activated when it is first used', async () => {
    uploader.written(await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0));
    await settle();
    expect(sent.map(({ cik }) => cik)).toEqual([newKey]);
    expect(store.identity(1)?.cik).toBe(newKey);
  });

  it('after a 401 a named identity is activated and the same upload sent again', async () => {
    const { identity } = await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0);
    await store.setKey(identity, key);
    answer = ({ cik }) => {
      if (cik === key) throw refusal(401);
    };
    uploader.start();
    await settle();
    expect(sent.map(({ cik }) => cik)).toEqual([key, newKey]);
    expect(clock.monotonic()).toBe(0);
    expect(waiting()).toBe(0);
  });

  it('the gateway itself is not activated a second time: its key comes from Gateway.cfg', async () => {
    keyOfGateway = newKey;
    uploader.written(await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0));
    await settle();
    expect(sent.map(({ cik }) => cik)).toEqual([newKey]);
    expect(activations).toBe(0);
  });

  it("when the gateway's own key is refused too, the device is activated", async () => {
    keyOfGateway = key;
    answer = ({ cik }) => {
      if (cik === key) throw refusal(401);
    };
    uploader.written(await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0));
    await settle();
    expect(sent.map(({ cik }) => cik)).toEqual([key, newKey]);
    expect(activations).toBe(1);
  });

  it.each([404, 409])(
    'an activation refused with %i keeps the records and is tried again slowly',
    async (status) => {
      activate = () => {
        throw refusal(status);
      };
      uploader.written(await store.accept({ device }, [{ alias: 'a', at: 1, value: 'v' }], 0));
      await pass(59_000);
      expect(activations).toBe(1);
      expect(store.identity(1)?.problem).toContain(`HTTP ${status}`);
      activate = () => newKey;
      await pass(1000);
      expect(waiting()).toBe(0);
      expect(store.identity(1)?.problem).toBeUndefined();
    },
  );

  it('a key that does not count keeps its records and is tried again slowly', async () => {
    answer = () => {
      throw refusal(401);
    };
    await write('a', 1);
    await pass(59_000);
    expect(sent).toHaveLength(1);
    expect(activations).toBe(0);
    answer = () => undefined;
    await pass(1000);
    expect(waiting()).toBe(0);
  });

  it('a caller that asks for a key gets another try at once', async () => {
    const { id } = await store.enrol({ device });
    activate = () => {
      throw refusal(404);
    };
    uploader.activate(id);
    await settle();
    uploader.activate(id);
    await pass(500);
    expect(activations).toBe(2);
    activate = () => newKey;
    uploader.activate(id);
    await pass(500);
    expect(store.identity(id)?.cik).toBe(newKey);
    expect(sent).toHaveLength(0);
  });
});
