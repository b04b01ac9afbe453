import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@gateway-engine/host';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HomeLayout, homeLayout } from '../../src/home/layout.ts';
import { FakePlatform } from '../check-in/fake-platform.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('gwe enroll', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let platform: FakePlatform;
  let layout: HomeLayout;

  beforeEach(async () => {
    folder = await temporaryFolder();
    platform = await FakePlatform.start();
    layout = homeLayout(`${folder.path}/home`);
  });
  afterEach(async () => {
    await platform[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const enroll = (...args: string[]) => {
    const { GWE_TRAFFIC_DB: _, ...env } = process.env;
    return runToEnd(process.execPath, [main, 'enroll', ...args], {
      env: { ...env, GWE_HOME: layout.root },
      timeoutMs: 60_000,
    });
  };
  const asPump = () => ['--server', platform.url, '--product', 'pump', '--serial', 'gw 7'];
  const cfg = () => readFile(layout.gatewayCfg, 'utf8');

  it('makes a gateway of a bare machine, and repeated changes nothing', async () => {
    const first = await enroll(...asPump());
    expect(first.output).toContain(`The home ${layout.root} was made.\n`);
    expect(first.output).toContain(
      `Activated: this gateway is serial number "gw 7" of product "pump" at ${platform.url}.`,
    );
    expect(first.output).toContain('No supervisor runs.');
    expect(first.exitCode).toBe(0);
    expect(first.output).not.toContain(platform.cik);
    const written = await cfg();
    expect(written).toContain(`cik = ${platform.cik}\n`);
    expect((await stat(layout.gatewayCfg)).mode & 0o777).toBe(0o600);
    expect(await readFile(layout.gmqCfg, 'utf8')).toContain(`server = ${platform.url}\n`);
    for (const name of ['gwe', 'gmq', 'gdc']) {
      const made = await runToEnd(`${layout.bin}/${name}`, ['--version'], { timeoutMs: 60_000 });
      expect(made.exitCode).toBe(0);
    }

    platform.activation = 409;
    const again = await enroll(...asPump());
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.output).toBe(
      `This gateway is serial number "gw 7" of product "pump" at ${platform.url} already, and the platform accepts its CIK.\n`,
    );
    expect(await enroll()).toMatchObject({ exitCode: 0, output: again.output });
    expect(await cfg()).toBe(written);
  });

  it('says what the operator has to run for a device that the platform does not know, and waits for that', async () => {
    platform.activation = 404;
    const refused = await enroll(...asPump());
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain("its operator adds it: gwe-platform device add pump 'gw 7'");
    expect(await cfg()).toContain('uuid = gw 7\n');

    const waiting = enroll('--wait', '600');
    const tries = () => platform.seen.filter(({ path }) => path === '/provision/activate').length;
    await waitUntil('two more attempts', () => tries() > 2, { timeoutMs: 30_000 });
    platform.activation = platform.cik ?? '';
    const { output, exitCode } = await waiting;
    expect(output).toMatch(/not activated yet: .* does not know serial number .*; next attempt in \d+ s/);
    expect(output).toContain('Activated: this gateway');
    expect(exitCode).toBe(0);
  });

  it('says that a device was activated before, and how that is undone', async () => {
    platform.activation = 409;
    const { output, exitCode } = await enroll(...asPump(), '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      product: 'pump',
      serial: 'gw 7',
      activation: 'none',
      problem: {
        code: 'not-open',
        text: expect.stringContaining("gwe-platform device enable pump 'gw 7'"),
      },
      engine: { kind: 'offline' },
    });
  });

  it('says that there is no way to the platform', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const { output, exitCode } = await enroll('--server', nobody, '--product', 'pump', '--serial', 'a');
    expect(exitCode).toBe(1);
    expect(output).toContain(`gwe: not activated: ${nobody} cannot be reached: `);
    expect(output).toContain('gwe doctor');
  });

  it('becomes another device only when it is told to, with the key of that one', async () => {
    await enroll(...asPump());
    const other = [...asPump().slice(0, 4), '--serial', 'gw 8'];
    const refused = await enroll(...other);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain('serial number "gw 8" in place of "gw 7": with --force');
    expect(await cfg()).toContain('uuid = gw 7\n');

    const key = 'b'.repeat(40);
    platform.cik = key;
    platform.activation = key;
    const forced = await enroll(...other, '--force');
    expect(forced.output).toContain('Configured: serial number "gw 8" in place of "gw 7".\n');
    expect(forced.exitCode).toBe(0);
    expect(await cfg()).toContain(`cik = ${key}\n`);
  });

  it('obtains another key when the one it has is refused', async () => {
    await enroll(...asPump());
    const key = 'c'.repeat(40);
    platform.cik = key;
    platform.activation = key;
    expect((await enroll()).output).toContain('Activated: ');
    expect(await cfg()).toContain(`cik = ${key}\n`);
  });

  it('takes the serial number from an interface, and asks for one where there is none', async () => {
    const none = await enroll('--server', platform.url, '--product', 'pump');
    expect(none).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('give --serial SN, or --iface IFACE'),
    });
    const wrong = await enroll('--product', 'pump', '--iface', 'nope0');
    expect(wrong.output).toContain('this system has no interface "nope0"');
    expect((await enroll('--server', platform.url, '--product', 'pump', '--iface', 'lo')).exitCode).toBe(0);
    expect(await cfg()).toContain('uuid = 00:00:00:00:00:00\n');
  });

  it.each([
    [['--server', 'platform'], '--server platform: expected http(s)://HOST[:PORT]'],
    [['--product', 'a b'], '--product "a b": a product id has'],
    [['--serial', ''], '--serial: a serial number has one character at least'],
    [['--wait', 'long'], '--wait long: expected a whole number of seconds'],
    [['--root-sha256', 'abc'], '--root-sha256 abc: expected a sha256 of 64 hex digits'],
    [
      ['--serial', 'a', '--iface', 'lo'],
      "option '--iface <IFACE>' cannot be used with option '--serial <SN>'",
    ],
  ])('refuses %j before anything is made', async (args, problem) => {
    const { exitCode, output } = await enroll(...args);
    expect(exitCode).toBe(1);
    expect(output).toContain(problem);
    await expect(stat(layout.root)).rejects.toThrow('ENOENT');
  });

  it('has the supervisor start the engine again', async () => {
    await using kit = await GatewayKit.make();
    layout = kit.layout;
    await kit.startSupervisor();
    const engine = () =>
      waitUntil('the engine', async () => {
        const { statename, pid } = await kit.supervisor.getProcessInfo('gwe');
        return statename === 'RUNNING' && pid;
      });
    const before = await engine();
    const { output, exitCode } = await enroll(...asPump());
    expect(output).toContain('The engine was started again and goes by this now.');
    expect(exitCode).toBe(0);
    const after = await engine();
    expect(after).not.toBe(before);
    expect((await enroll()).output).not.toContain('started again');
    expect(await engine()).toBe(after);
  });
});
