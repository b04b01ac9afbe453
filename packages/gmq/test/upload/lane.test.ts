import { DeviceApiError, NetworkError, type Verdict } from '@gateway-engine/device-client';
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

type Sent = {
  cik: string | undefined;
  encoding: string | undefined;
  points: [alias: string, at: number, value: string][];
};

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
let capabilities: () => Awaited<ReturnType<UploadClient['capabilities']>>;
let asked: number;
let budget: Verdict;

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
  capabilities = () => undefined;
  asked = 0;
  budget = { kind: 'may', left: Number.POSITIVE_INFINITY };
  uploader = new Uploader(uploaderParts());
});

afterEach(async () => {
  await uploader.stop();
  store.close();
});

function uploaderParts(): ConstructorParameters<typeof Uploader>[0] {
  return {
    store,
    clock,
    logger: silentLogger,
    random: () => 0,
    settings: () => settings,
    connect: (server, cik): UploadClient => {
      servers.push(server);
      return {
        cik,
        async record(groups, { encoding } = {}) {
          const points = Array.from(groups).flatMap(([alias, values]) =>
            Array.from(values, ([at, value]): [string, number, string] => [alias, at, value]),
          );
          const upload = { cik: this.cik, encoding, points };
          sent.push(upload);
          answer(upload);
          return { status: 204, date: undefined };
        },
        async activate() {
          activations++;
          return activate();
        },
        async capabilities() {
          asked++;
          return capabilities();
        },
        close: () => undefined,
      };
    },
    gatewayKey: async () => keyOfGateway,
    budget: async () => budget,
  };
}

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

describe('over the byte budget of the gateway', () => {
  it('records wait, and say until when; they go as soon as there is room again', async () => {
    const until = clock.now() + 3_600_000;
    budget = { kind: 'waits', class: 'data', interfaces: 'wwan0', until, because: 'used up' };
    uploader.start();
    await write('a', 1);
    await settle();
    expect(sent).toEqual([]);
    expect(store.identity(1)?.problem).toBe(
      `the byte budget holds them back until ${new Date(until).toISOString()}: used up`,
    );
    await pass(600_000);
    expect(waiting()).toBe(1);
    budget = { kind: 'may', left: 1 };
    await pass(61_000);
    expect(waiting()).toBe(0);
    expect(sent).toHaveLength(1);
    expect(store.identity(1)?.problem).toBeUndefined();
  });
});

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

describe('compression', () => {
  const taken = {
    acceptEncoding: ['zstd' as const],
    dataBodyBytes: 1024 * 1024,
    updateTrust: [],
    deltas: [],
  };
  const large = 'x'.repeat(2000);

  it('is used where the platform takes it, which is asked once a day with an upload that is worth it', async () => {
    capabilities = () => taken;
    await write('a', 1, 'short');
    expect(asked).toBe(0);
    for (let at = 2; at <= 4; at++) {
      await write('a', at, large);
      await pass(1000);
    }
    expect(sent.map(({ encoding }) => encoding)).toEqual([undefined, 'zstd', 'zstd', 'zstd']);
    expect(asked).toBe(1);
    await pass(24 * 3600_000);
    await write('a', 5, large);
    expect(asked).toBe(2);
    uploader.reread();
    await pass(1000);
    await write('a', 6, large);
    expect(asked).toBe(3);
  });

  it('leaves uploads of a backlog as long as they were, so that not more of it is in memory', async () => {
    capabilities = () => taken;
    for (let at = 1; at <= 300; at++) await record('a', at, large);
    settings = { ...settings, batchQuantity: 1000 };
    uploader.start();
    await pass(10_000);
    expect(sent.map(({ points }) => points.length)).toEqual([...Array(9).fill(32), 12]);
  });

  it('is left out while the platform does not tell, and it is asked again after ten minutes', async () => {
    capabilities = () => {
      throw new NetworkError('cut');
    };
    await write('a', 1, large);
    await pass(60_000);
    await write('a', 2, large);
    expect([sent.length, asked, waiting()]).toEqual([2, 1, 0]);
    capabilities = () => taken;
    await pass(600_000);
    await write('a', 3, large);
    expect(sent.at(-1)?.encoding).toBe('zstd');
  });

  it('is given up for a day where a plain upload gets through that was refused compressed', async () => {
    capabilities = () => taken;
    answer = ({ encoding }) => {
      if (encoding) throw refusal(415);
    };
    await write('a', 1, large);
    await pass(1000);
    await write('a', 2, large);
    expect(sent.map(({ encoding }) => encoding)).toEqual(['zstd', undefined, undefined]);
    expect(waiting()).toBe(0);
  });

  it('is not to blame for points that are refused in any form', async () => {
    capabilities = () => taken;
    answer = ({ points }) => {
      if (points.some(([alias]) => alias === 'bad')) throw refusal(400);
    };
    uploader.start();
    for (const alias of ['good', 'bad', 'good']) await record(alias, sent.length + waiting(), large);
    await pass(11_000);
    expect(waiting()).toBe(0);
    expect(sent.filter(({ points }) => points.length === 1).map(({ points }) => points[0]?.[0])).toContain(
      'bad',
    );
    await write('good', 9, large);
    expect(sent.at(-1)?.encoding).toBe('zstd');
  });
});

describe('the upload window', () => {
  const minuteNow = () => {
    const date = new Date(clock.now());
    return date.getHours() * 60 + date.getMinutes();
  };

  beforeEach(() => {
    store.close();
    store = new QueueStore(openDatabase(':memory:', migrations), {
      priorityOf: (alias) => (alias === 'low' ? 0 : 1),
    });
    uploader = new Uploader(uploaderParts());
  });

  it('holds low priorities back until it opens, and nothing else', async () => {
    const from = (minuteNow() + 60) % 1440;
    settings = { ...settings, uploadWindow: { from, to: (from + 60) % 1440 } };
    uploader.start();
    await record('low', 1);
    await record('other', 1);
    await write('low', 2);
    await write('other', 2);
    await pass(59 * 60_000);
    expect(sent.flatMap(({ points }) => points.map(([alias]) => alias))).toEqual(['other', 'other']);
    expect(waiting()).toBe(2);
    await pass(2 * 60_000);
    expect(waiting()).toBe(0);
    await write('low', 3);
    await pass(1000);
    expect(waiting()).toBe(0);
    await pass(60 * 60_000);
    await write('low', 4);
    expect(waiting()).toBe(1);
  });

  it('is open at once when a reread takes it away', async () => {
    const from = (minuteNow() + 600) % 1440;
    settings = { ...settings, uploadWindow: { from, to: (from + 60) % 1440 } };
    uploader.start();
    await write('low', 1);
    expect(waiting()).toBe(1);
    settings = { ...settings, uploadWindow: undefined };
    uploader.reread();
    await settle();
    expect(waiting()).toBe(0);
  });
});
