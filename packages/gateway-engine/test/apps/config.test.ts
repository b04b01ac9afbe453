import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@gateway-engine/host';
import { type RawEntry, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configCommand } from '../../src/command-line/config.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const values = {
  LEVEL: { default: 'info', description: 'How much it says.' },
  KEY: { secret: true, required: true },
  CERTIFICATE: { deliver: 'file', secret: true },
};

/** A program that writes down what it was given, and sleeps. */
function reporting(seconds: number, config: object = values): RawEntry[] {
  const run = [
    '#!/bin/sh',
    'printf "%s|%s|%s" "$LEVEL" "$KEY" "$(cat "$GWE_APP_CONFIG/CERTIFICATE" 2>/dev/null)" > "$GWE_HOME/got.new"',
    'mv "$GWE_HOME/got.new" "$GWE_HOME/got"',
    `exec /bin/sleep ${seconds}`,
  ];
  return [
    { path: 'gwe.json', content: JSON.stringify({ layout: 'versioned', config }) },
    { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\nstartsecs = 0\n' },
    { path: 'run', mode: 0o755, content: `${run.join('\n')}\n` },
  ];
}

describe('configuration values', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  /** Exit status and output of `gwe config ...`; `input` is its standard input. */
  function config(args: readonly string[], input = ''): Promise<{ status: number | null; output: string }> {
    const child = spawn(process.execPath, [main, 'config', ...args], {
      env: { ...process.env, GWE_HOME: kit.layout.root },
      stdio: 'pipe',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, output }));
    });
  }

  const got = (text: string) =>
    waitUntil('what the program got', async () => (await kit.text('got')) === text);
  const secret = 'it\'s $(secret) "quoted"\nand %s long';

  it('are set before the application is there, and reach its program as variables and files', async () => {
    const missing = await kit.install('app.v1.tar.gz', reporting(2201));
    expect(missing).toMatch(/^app\.v1\.tar\.gz: failed: .*KEY.*gwe config app set KEY/);

    expect(await config(['app', 'set', 'KEY', '--secret'], `${secret}\n`)).toMatchObject({ status: 0 });
    expect(await config(['app', 'set', 'CERTIFICATE', '--secret'], 'PEM')).toMatchObject({ status: 0 });
    const status = await kit.install('app.v1.tar.gz', reporting(2201));
    expect(status).toContain('app.v1.tar.gz: installed');
    await got(`info|${secret}|PEM`);
    await waitUntil('the program', async () => (await kit.commandOf('app')) === '/bin/sleep 2201');
    expect(status).not.toContain('secret');
  });

  it('are changed while the program runs, which is restarted with them', async () => {
    const { status, output } = await config(['app', 'set', 'LEVEL', 'debug']);
    expect({ status, output }).toEqual({
      status: 0,
      output: 'LEVEL of app is set; the program was restarted with it\n',
    });
    await got(`debug|${secret}|PEM`);
    expect((await config(['app', 'unset', 'LEVEL'])).status).toBe(0);
    await got(`info|${secret}|PEM`);
  });

  it('are shown, but not those that are secrets', async () => {
    const { output } = await config(['app']);
    expect(output).toContain('app, version 1');
    expect(output).toContain('LEVEL  "info"  (default)  How much it says.');
    expect(output).toContain('KEY  ********  (set)');
    const shown = await config(['app', 'list', '--json']);
    expect(output + shown.output).not.toMatch(/secret\)|PEM/);
    expect(JSON.parse(shown.output)).toMatchObject({
      app: 'app',
      version: '1',
      values: [
        { name: 'CERTIFICATE', value: null, secret: true, from: 'set', deliver: 'file' },
        { name: 'KEY', value: null, secret: true, from: 'set', required: true },
        { name: 'LEVEL', value: 'info', secret: false, from: 'default' },
      ],
    });
  });

  it('lie where only their user can read them, and in no entry and no database', async () => {
    for (const file of ['app.json', join('app', 'environment.sh'), join('app', 'files', 'CERTIFICATE')]) {
      expect(statSync(join(kit.layout.appConfig, file)).mode & 0o777).toBe(0o600);
    }
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'app.conf')).not.toMatch(/secret|PEM/);
    const rows = kit.database.prepare('SELECT facts FROM install').all();
    expect(JSON.stringify(rows)).not.toMatch(/it's|PEM/);
  });

  it('that a version does not name are not given to it; an older version gets its own again', async () => {
    await kit.install('app.v2.tar.gz', reporting(2202, { LEVEL: { default: 'warn' } }));
    await got('warn||');
    const failing = reporting(2203, { KEY: {} }).concat({
      path: 'install.sh',
      mode: 0o755,
      content: '#!/bin/sh\nexit 9\n',
    });
    await kit.install('app.v3.tar.gz', failing);
    await got('warn||');
    expect(await kit.text('etc', 'apps', 'app', 'environment.sh')).not.toContain('KEY');
    expect(await kit.text('etc', 'apps', 'app.json')).toContain('KEY');
  });

  it.each([
    [['app', 'set', 'KEY', 'on-the-command-line'], 'KEY is a secret: leave the value out'],
    [['app', 'set', 'PATH', '/tmp'], "a value's name has letters"],
    [['app', 'set', 'LEVEL'], 'LEVEL: give a value, or --secret'],
    [['app', 'unset', 'NOTHING'], 'NOTHING is not set for app'],
    [['app', 'sing'], 'sing: say list, set or unset'],
    [['../x'], 'an application name has letters'],
  ])('gwe config %j is refused: %s', async (args, problem) => {
    const silent = { out: () => {}, err: () => {} };
    const error: unknown = await configCommand(args, kit.layout, silent).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(problem);
    expect(String(error)).not.toContain('on-the-command-line');
  });
});
