import { join } from 'node:path';
import { trafficTotals } from '@gateway-engine/device-client';
import { runToEnd } from '@gateway-engine/host';
import { waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonEnvironment, pythons, pythonTests } from '../src/python.ts';
import { product, System } from '../src/system.ts';

test.each(pythons())('the client keeps its word in its own tests on %s', async (python) => {
  const result = await runToEnd(python, ['-m', 'unittest', 'discover', '-s', pythonTests], {
    env: { ...process.env, ...pythonEnvironment },
    timeoutMs: 100_000,
  });
  expect(result.output).toMatch(/^Ran \d\d+ tests/m);
  expect(result.exitCode).toBe(0);
});

describe('a Python program on a gateway', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start('embedded', ['memory:float']);
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
  });

  /** Runs a program as the supervisor would: with the home and the queue in the environment. */
  async function python(...lines: string[]): Promise<string> {
    const result = await runToEnd('python3', ['-c', lines.join('\n')], {
      env: { ...system.environment(), ...pythonEnvironment, GMQ_URL: system.gmqUrl },
      timeoutMs: 60_000,
    });
    expect(result).toMatchObject({ exitCode: 0 });
    return result.output.trim();
  }

  test('is the gateway itself by its Gateway.cfg, on the platform of its engine', async () => {
    const printed = await python(
      'from exo.device import Device',
      "device = Device('report/1.0')",
      'print(device.server, device.activated())',
      "print(device.http_write('text', 'from Python'))",
      "print(device.http_read('text').values['text'])",
    );
    expect(printed.split('\n')).toEqual([
      `${system.platform.url} True`,
      "Response code: 204, Response body: '', success: True",
      'from Python',
    ]);
    expect(await system.value('text')).toBe('from Python');
  });

  test('gives the queue what it would give the platform, and the platform gets it', async () => {
    await python(
      'import os',
      'from exo.api import ExositeAPI',
      'from exo.device import Device',
      "api = ExositeAPI(Device('x').cik, os.environ['GMQ_URL'], program='sampler')",
      "assert api.http_record('test', {1600000000 + n: n + 0.5 for n in range(100)}).success",
      "assert api.http_write('text', 'a&b=c +% \\u00fc \\U0001F30A').success",
      "assert api.http_read('text').code == 404",
    );
    await waitUntil('the points', async () => (await system.history('test')).size === 100, {
      timeoutMs: 30_000,
    });
    expect((await system.history('test')).get(1_600_000_099)).toBe('99.5');
    await waitUntil('the text', async () => (await system.value('text')) === 'a&b=c +% ü 🌊');
  });

  test("stands in the gateway's traffic accounts beside the other programs", () => {
    const totals = trafficTotals(join(system.home, 'var', 'ifaces.db'));
    const sampler = totals.filter((total) => total.program === 'sampler');
    expect(sampler.map((total) => [total.interface, total.class, total.method, total.num])).toEqual([
      ['lo', 'data', 'read', 1],
      ['lo', 'data', 'record', 1],
      ['lo', 'data', 'write', 1],
    ]);
    expect(sampler.every((total) => total.tot_tx > 100 && total.tot_rx > 50)).toBe(true);
  });

  test('finds the client where its package was installed, and records by it', async () => {
    const library = await system.buildPackage('clients/python');
    const sampler = await system.buildPackage('examples/exo-memory-demo');
    await system.command('gwe', ['--install-apps', library, sampler]);
    await waitUntil('a value', async () => (await system.history('memory')).size > 0, { timeoutMs: 40_000 });
    await waitUntil('the report', async () => (await system.report('exo-memory-demo'))?.version === '1', {
      timeoutMs: 30_000,
    });
    // The version that the gateway reports of the library is the library's own.
    const own = await python('import exo', 'print(exo.__version__)');
    expect((await system.report('exo'))?.version).toBe(own);
  });

  test('is activated from a file of its own', async () => {
    await system.operator('device', 'add', product, 'sensor-7');
    const file = join(system.folder, 'sensor.cfg');
    await python(
      `open(${JSON.stringify(file)}, 'w').write("""[device]\ncik = ''\nvendor = ${product}\nmodel = ${product}\nuuid = sensor-7\n""")`,
      'from exo.device import Device',
      `device = Device('sensor/1', ${JSON.stringify(file)}, ${JSON.stringify(system.platform.url)})`,
      'assert not device.activated()',
      'assert device.activate().success',
      "assert device.http_write('test', 7).success",
    );
    const again = await python(
      'from exo.device import Device',
      `device = Device('sensor/1', ${JSON.stringify(file)}, ${JSON.stringify(system.platform.url)})`,
      "print(device.activated(), device.http_read('test').values, device.activate().code)",
    );
    expect(again).toBe("True {'test': '7'} 409");
  });
});
