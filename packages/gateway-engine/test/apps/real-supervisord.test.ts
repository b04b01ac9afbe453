import { type RawEntry, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSettings } from '../../src/apps/settings.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

/** Debian's supervisord, which knows nothing of health, limits and the like. */
describe('with a real supervisord', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor(['/usr/bin/supervisord']);
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  function checked(seconds: number, check: string): RawEntry[] {
    const manifest = {
      layout: 'versioned',
      data: true,
      limits: { memory_max: '200MB' },
      healthcheck: { command: `./check ${check}`, interval: 0.5, retries: 2 },
      config: { GREETING: { secret: true } },
    };
    const run = ['#!/bin/sh', 'echo "$GREETING" > "$GWE_APP_DATA/greeting"', `exec /bin/sleep ${seconds}`];
    return [
      { path: 'gwe.json', content: JSON.stringify(manifest) },
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run --quietly\nenvironment = A="1"\n' },
      { path: 'run', mode: 0o755, content: `${run.join('\n')}\n` },
      {
        path: 'check',
        mode: 0o755,
        content: '#!/bin/sh\ntest "$1" = well && test "$A" = 1 && test -n "$GWE_APP_DATA"\n',
      },
    ];
  }

  it('a versioned application runs there with its values, and the engine looks at its health itself', async () => {
    await writeSettings(kit.layout, 'app', new Map([['GREETING', { value: "it's %s", secret: true }]]));
    expect(await kit.install('app.v1.tar.gz', checked(6001, 'well'))).toContain('app.v1.tar.gz: installed');
    await waitUntil('the program', async () => (await kit.commandOf('app')) === '/bin/sleep 6001');
    expect(await kit.text('data', 'app', 'greeting')).toBe("it's %s\n");

    kit.probationSeconds = 30;
    const status = await kit.install('app.v2.tar.gz', checked(6002, 'unwell'));
    expect(status).toMatch(
      /^app\.v2\.tar\.gz: not installed: within its probation of 30 s app is not healthy/,
    );
    expect(status).toContain('its health check says: exit status 1');
    expect(status).toContain('version 1 is running again');
    await waitUntil('the program', async () => (await kit.commandOf('app')) === '/bin/sleep 6001');
  });
});
