import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { writeSettings } from '../../src/apps/settings.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const isRoot = process.getuid?.() === 0;

it.runIf(isRoot)(
  'a program of another user reads its values and writes its data, and can change no value',
  async () => {
    await using kit = await GatewayKit.make();
    chmodSync(kit.layout.root, 0o755);
    await kit.startSupervisor();
    const values = { KEY: { secret: true }, FILE: { secret: true, deliver: 'file' } };
    const secret = (value: string) => ({ value, secret: true });
    await writeSettings(
      kit.layout,
      'app',
      new Map([
        ['KEY', secret('one')],
        ['FILE', secret('two')],
      ]),
    );
    const run = [
      '#!/bin/sh',
      'cd "$GWE_APP_DATA"',
      'echo "$(id -un) $KEY $(cat "$GWE_APP_CONFIG/FILE")" > read',
      'for place in "$GWE_APP_CONFIG" "$GWE_HOME/etc/apps/app" "$GWE_HOME/etc/apps" "$GWE_HOME/data" "$GWE_APP_DIR"; do',
      '  touch "$place/intruder" 2>/dev/null && echo "$place" >> written',
      '  ln -s /etc/passwd "$place/app.json" 2>/dev/null && echo "$place" >> written',
      'done',
      'cat "$GWE_HOME/etc/apps/app.json" > stolen 2>/dev/null',
      'touch done',
      'exec /bin/sleep 8001',
    ];
    const status = await kit.install('app.v1.tar.gz', [
      { path: 'gwe.json', content: JSON.stringify({ layout: 'versioned', data: true, config: values }) },
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\nuser = nobody\nstartsecs = 0\n' },
      { path: 'run', mode: 0o755, content: `${run.join('\n')}\n` },
    ]);
    expect(status).toContain('app.v1.tar.gz: installed');
    await waitUntil('the program', async () => (await kit.text('data', 'app', 'done')) !== undefined);
    expect(await kit.text('data', 'app', 'read')).toBe('nobody one two\n');
    expect(await kit.text('data', 'app', 'written')).toBeUndefined();
    expect(await kit.text('data', 'app', 'stolen')).toBe('');
    for (const file of ['environment.sh', join('files', 'FILE')]) {
      const { mode, uid } = statSync(join(kit.layout.appConfig, 'app', file));
      expect({ mode: mode & 0o777, isRoots: uid === 0 }).toEqual({ mode: 0o600, isRoots: false });
    }
  },
);
