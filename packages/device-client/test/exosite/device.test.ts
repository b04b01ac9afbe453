import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { beforeEach, describe, expect, test } from 'vitest';
import { Device } from '../../src/index.ts';
import { answer, RawServer } from '../support/raw-server.ts';
import { takeFolder } from '../support/take-folder.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const newer = 'f123456789abcdef0123456789abcdef01234567';
let file: string;
let folder: string;

beforeEach(() =>
  takeFolder((path) => {
    folder = path;
    file = join(path, 'device.ini');
  }),
);

function identity(options: Record<string, string>): void {
  const all = { cik: "''", model: 'm', vendor: 'v', uuid: 's-1', iface: '', ...options };
  const lines = Object.entries(all).map(([option, value]) => `${option} = ${value}`);
  writeFileSync(file, ['# mine', '[device]', ...lines, ''].join('\n'));
}

describe('a device', () => {
  test('activates the identity of its file and keeps the key there', async () => {
    await using server = await RawServer.start([answer('200 OK', cik), answer('204 No Content')]);
    identity({});
    const device = await Device.open('my-program/1', file, { server: server.url });
    expect(await device.activated()).toBe(false);
    expect(await device.activate()).toMatchObject({ success: true, code: 200, result: cik });
    expect([await device.activated(), device.cik]).toEqual([true, cik]);
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`# mine[\\s\\S]*cik = ${cik}`));
    await device.write({ a: 1 });
    expect(server.requests[0]?.body).toBe('vendor=v&model=m&sn=s-1');
    expect(server.requests[1]?.head).toMatch(new RegExp(`${cik}[\\s\\S]*User-Agent: my-program/1`));
    device.close();
  });

  test('that was activated before starts with its key', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    identity({ cik });
    const device = await Device.open('my-program/1', file, { server: server.url });
    expect(await device.activated()).toBe(true);
    expect(await device.write({ a: 1 })).toMatchObject({ success: true });
    device.close();
  });

  test('is told of a refused activation, and its file stays', async () => {
    await using server = await RawServer.start(answer('409 Conflict'));
    identity({});
    const device = await Device.open('my-program/1', file, { server: server.url });
    expect(await device.activate()).toMatchObject({ success: false, code: 409 });
    expect(await device.activated()).toBe(false);
    device.close();
  });

  test('has the MAC address of its interface as serial number when it has no other', async () => {
    await using server = await RawServer.start(answer('409 Conflict'));
    identity({ uuid: '', iface: 'lo' });
    const device = await Device.open('my-program/1', file, { server: server.url });
    await device.activate();
    expect(server.requests[0]?.body).toBe('vendor=v&model=m&sn=00%3A00%3A00%3A00%3A00%3A00');
    device.close();
  });

  test('whose key is refused takes a newer one from its file and sends the same call again, once', async () => {
    await using server = await RawServer.start([
      answer('401 Unauthorized'),
      answer('204 No Content'),
      answer('401 Unauthorized'),
    ]);
    identity({ cik });
    const device = await Device.open('my-program/1', file, { server: server.url });
    identity({ cik: newer });
    expect(await device.write({ a: 1 })).toMatchObject({ success: true });
    expect(await device.write({ a: 2 })).toMatchObject({ success: false, code: 401 });
    expect(server.requests.map(({ body }) => body)).toEqual(['a=1', 'a=1', 'a=2']);
    writeFileSync(file, 'not an INI file');
    expect(await device.write({ a: 3 })).toMatchObject({ success: false, code: 401 });
    device.close();
  });

  test.each([
    [{ vendor: '' }, /vendor and model/],
    [{ uuid: '' }, /neither uuid nor iface/],
    [{ uuid: '', iface: 'none0' }, /"none0"/],
  ])('whose file says too little (%j) is not activated, and says why', async (options, problem) => {
    await using server = await RawServer.start(answer('200 OK', cik));
    identity(options);
    const device = await Device.open('my-program/1', file, { server: server.url });
    await expect(device.activate()).rejects.toThrow(problem);
    await expect(device.activate()).rejects.toBeInstanceOf(UsageError);
    expect(server.requests).toHaveLength(0);
    device.close();
  });

  test('is not activated when the key could not be kept', async () => {
    await using server = await RawServer.start(answer('200 OK', cik));
    // So long that the temporary file beside it cannot have a name.
    file = join(folder, 'd'.repeat(250));
    identity({});
    const device = await Device.open('my-program/1', file, { server: server.url });
    await expect(device.activate()).rejects.toThrow(/ENAMETOOLONG/);
    expect(server.requests).toHaveLength(0);
    device.close();
  });

  test('without a file is a mistake that says what to write', async () => {
    await expect(Device.open('my-program/1', join(folder, 'none.ini'))).rejects.toThrow(/\[device\]/);
  });
});

test("beside a gateway's Gateway.cfg the server is that of its engine", async () => {
  await using server = await RawServer.start(answer('204 No Content'));
  file = join(folder, 'Gateway.cfg');
  identity({ cik });
  writeFileSync(join(folder, 'Engine.config'), `[engine]\nserver = ${server.url}\n`);
  const { GDC_SERVER: before } = process.env;
  delete process.env.GDC_SERVER;
  const device = await Device.open('my-program/1', file);
  if (before !== undefined) process.env.GDC_SERVER = before;
  expect(await device.write({ a: 1 })).toMatchObject({ success: true });
  device.close();
});
