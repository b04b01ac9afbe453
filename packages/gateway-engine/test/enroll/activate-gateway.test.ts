import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changeGatewayCfg, DeviceApiError, NetworkError } from '@gateway-engine/device-client';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ActivationParts, activateGateway } from '../../src/enroll/activate-gateway.ts';

const key = 'a'.repeat(40);
const other = 'b'.repeat(40);
const refusal = (status: number) => new DeviceApiError(`status ${status}`, status);

describe('the activation of a gateway', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let gatewayCfg: string;
  let clock: FakeClock;
  let pauses: number[];
  let tries: number;

  beforeEach(async () => {
    folder = await temporaryFolder();
    gatewayCfg = join(folder.path, 'Gateway.cfg');
    clock = new FakeClock();
    pauses = [];
    tries = 0;
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  /** `accepted`: the key that a read is answered with. */
  const partsOf = (activation: () => Promise<string>, accepted?: string): ActivationParts => {
    const client: ActivationParts['client'] = {
      cik: undefined,
      activate: () => {
        tries++;
        return activation();
      },
      read: async () => {
        if (client.cik !== accepted) throw refusal(401);
        return { status: 204, date: 0, values: new Map() };
      },
    };
    return {
      client,
      identity: { vendor: 'p', model: 'p', serial: 's' },
      gatewayCfg,
      clock: {
        monotonic: () => clock.monotonic(),
        // Time passes as soon as somebody waits for it.
        sleep: async (ms) => await clock.advance(ms),
      },
      retryMs: 60_000,
      onPause: (_, ms) => pauses.push(ms),
    };
  };
  const activate = (parts: ActivationParts, waitMs = 0) =>
    activateGateway(parts, waitMs, new AbortController().signal);

  it('has written the key down when it is done', async () => {
    expect(await activate(partsOf(async () => key))).toBe('activated');
    expect(await readFile(gatewayCfg, 'utf8')).toContain(`cik = ${key}\n`);
  });

  it('is tried ever more rarely, at least each retry interval, and for the last time when the wait is over', async () => {
    const failing = partsOf(() => Promise.reject(new NetworkError('no answer')));
    await expect(activate(failing, 600_000)).rejects.toThrow('no answer');
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(600_000);
    expect(pauses[0]).toBeLessThanOrEqual(2_000);
    for (const ms of pauses) expect(ms).toBeLessThanOrEqual(60_000);
    expect(tries).toBe(pauses.length + 1);
    expect(tries).toBeLessThan(40);
  });

  it('is tried once without a wait, and never again after a defect of ours', async () => {
    await expect(activate(partsOf(() => Promise.reject(refusal(404))))).rejects.toThrow('status 404');
    await expect(
      activate(
        partsOf(() => Promise.reject(new TypeError('oops'))),
        60_000,
      ),
    ).rejects.toThrow('oops');
    expect(tries).toBe(2);
    expect(pauses).toEqual([]);
  });

  it('leaves a key that is accepted alone, and replaces one that is refused', async () => {
    await changeGatewayCfg(gatewayCfg, { cik: key });
    expect(await activate(partsOf(async () => other, key))).toBe('known');
    expect(tries).toBe(0);
    expect(await activate(partsOf(async () => other))).toBe('activated');
    expect(await readFile(gatewayCfg, 'utf8')).toContain(`cik = ${other}\n`);
  });

  it('keeps a refused key while there is no other', async () => {
    await changeGatewayCfg(gatewayCfg, { cik: key });
    await expect(activate(partsOf(() => Promise.reject(refusal(409))))).rejects.toThrow('status 409');
    expect(await readFile(gatewayCfg, 'utf8')).toContain(`cik = ${key}\n`);
  });

  it('takes the key that an engine beside it has obtained in the same moment', async () => {
    const parts = partsOf(async () => {
      await writeFile(gatewayCfg, `[device]\ncik = ${other}\n`);
      throw refusal(409);
    }, other);
    expect(await activate(parts)).toBe('activated');
    expect(parts.client.cik).toBe(other);
  });

  it('takes the key that an engine beside it has obtained during a pause', async () => {
    const parts = partsOf(() => Promise.reject(refusal(409)), other);
    const sleep = async () => {
      await changeGatewayCfg(gatewayCfg, { cik: other });
    };
    const meanwhile = { ...parts, clock: { ...parts.clock, sleep } };
    expect(await activate(meanwhile, 60_000)).toBe('known');
  });
});
