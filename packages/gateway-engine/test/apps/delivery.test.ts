import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { environmentScript } from '../../src/apps/delivery.ts';
import { readSettings, writeSettings } from '../../src/apps/settings.ts';
import { homeLayout } from '../../src/home/layout.ts';

const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', '\\', '$', '`', '%', '\n', ' '),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  })
  .map((value) => value.replaceAll('\0', '').toWellFormed());

it('a program gets each variable exactly as it was set, whatever is in it', async () => {
  await using folder = await temporaryFolder();
  const script = join(folder.path, 'environment.sh');
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (values) => {
      const variables = new Map(values.map((value, index) => [`V${index}`, value]));
      writeFileSync(script, environmentScript('app', variables));
      const output = execFileSync('/bin/sh', [script, '/usr/bin/env', '-0']).toString();
      const seen = new Map(
        output
          .split('\0')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      for (const [name, value] of variables) expect(seen.get(name)).toBe(value);
    }),
    { numRuns: 50 },
  );
});

it('settings are read back as they were written', async () => {
  await using folder = await temporaryFolder();
  const layout = homeLayout(folder.path);
  const setting = fc.record({ value: text, secret: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/), setting),
      async (values) => {
        const settings = new Map(Object.entries(values));
        await writeSettings(layout, 'app', settings);
        expect(await readSettings(layout, 'app')).toEqual(settings);
      },
    ),
    { numRuns: 30 },
  );
});

it('settings that cannot be read are an error that tells none of them', async () => {
  await using folder = await temporaryFolder();
  const layout = homeLayout(folder.path);
  await writeSettings(layout, 'app', new Map([['KEY', { value: 'x', secret: true }]]));
  writeFileSync(join(layout.appConfig, 'app.json'), '{"values": {"KEY": "hidden');
  const error = await readSettings(layout, 'app').catch((caught: Error) => caught);
  expect(String(error)).toContain('gwe config app set');
  expect(String(error)).not.toContain('hidden');
});
