import { existsSync } from 'node:fs';
import { type CommandName, commandLine } from '@gateway-engine/demo';
import { runToEnd } from '@gateway-engine/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { product, System, sn } from '../src/system.ts';

describe('bad input gives one clear line, an exit code, and changes nothing', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start();
  });

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
  });

  async function failure(name: CommandName, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const [command = '', ...rest] = commandLine(name);
    const result = await runToEnd(command, [...rest, ...args], {
      env: { ...system.environment(), ...env },
      timeoutMs: 20_000,
    });
    expect(result.timedOut).toBe(false);
    expect(result.exitCode).toBeGreaterThan(0);
    const lines = result.output.trim().split('\n');
    expect(lines, result.output).toHaveLength(1);
    return lines[0] ?? '';
  }

  test.each<[what: string, name: CommandName, args: string[], says: RegExp, env?: NodeJS.ProcessEnv]>([
    ['unknown product', 'gwe-platform', ['device', 'list', 'nowhere'], /nowhere/],
    ['unknown device', 'gwe-platform', ['device', 'show', product, 'nobody'], /nobody/],
    ['unknown alias', 'gwe-platform', ['device', 'read', product, sn, 'nothing'], /nothing/],
    [
      'a value that does not fit',
      'gwe-platform',
      ['device', 'write', product, sn, 'sine-data', 'abc'],
      /sine-data|float|number/,
    ],
    ['a product that exists', 'gwe-platform', ['product', 'create', product], new RegExp(product)],
    [
      'a missing file',
      'gwe-platform',
      ['content', 'upload', product, '/nowhere.v1.tar.gz'],
      /nowhere\.v1\.tar\.gz/,
    ],
    ['unknown content', 'gwe-platform', ['deploy', product, sn, 'nothing.v1.tar.gz'], /nothing\.v1\.tar\.gz/],
    ['a wrong token', 'gwe-platform', ['product', 'list'], /token/i, { GWE_PLATFORM_TOKEN: 'wrong' }],
    [
      'no platform there',
      'gwe-platform',
      ['product', 'list'],
      /127\.0\.0\.1:1\b/,
      { GWE_PLATFORM_URL: 'http://127.0.0.1:1' },
    ],
    ['no platform given', 'gwe-platform', ['product', 'list'], /GWE_PLATFORM_URL/, { GWE_PLATFORM_URL: '' }],
    ['unknown option', 'gwe-platform', ['product', 'list', '--jsn'], /--jsn/],
    ['a bad CIK', 'gdc', ['write', 'not-a-cik', 'test', '1'], /CIK|40/],
    ['a bad interface', 'gwe', ['--mac-address', 'nic99'], /nic99/],
    ['a tarball that is missing', 'gwe', ['--check-tarball', '/nowhere.v1.tar.gz'], /nowhere\.v1\.tar\.gz/],
    ['a build file that is missing', 'gwe', ['--build-app', '/nowhere.json'], /nowhere\.json/],
    ['a bad interval', 'gwe', ['--set-update-interval', 'soon'], /soon|interval/],
    ['a configuration that is missing', 'gwe-supervisord', ['-n', '-c', '/nowhere.conf'], /nowhere\.conf/],
  ])('%s', async (_, name, args, says, env) => {
    expect(await failure(name, args, env)).toMatch(says);
  });

  test('a CIK the platform does not know is refused by it', async () => {
    const line = await failure('gdc', [
      'write',
      'a'.repeat(40),
      'test',
      '1',
      '--server',
      system.platform.url,
    ]);
    expect(line).toMatch(/401/);
    expect(line).not.toContain('a'.repeat(40));
  });

  test('a port in use: the platform and the queue say which, and end', async () => {
    const address = new URL(system.platform.url).host;
    const data = `${system.folder}/second`;
    expect(await failure('gwe-platform', ['serve', '--data', data, '--listen', address])).toContain(
      address.split(':')[1],
    );
    expect(existsSync(data)).toBe(false);
    expect(await failure('gmq', [])).toContain(new URL(system.gmqUrl).port);
  });
});
