import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackage, readBuildFile } from '@gateway-engine/app-package';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { writeSettings } from '../../src/apps/settings.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const example = fileURLToPath(new URL('../../../../examples/disk-watch', import.meta.url));

it('the example of the versioned layout is built, installed and healthy, and takes its value', async () => {
  await using work = await temporaryFolder();
  await cp(example, work.path, { recursive: true });
  const { buildFile } = await readBuildFile(join(work.path, 'gwe-buildfile.json'));
  const { path, contents } = await buildPackage(buildFile, work.path);
  expect(contents).toMatchObject({ kind: 'program', installer: undefined });

  await using kit = await GatewayKit.make();
  await kit.startSupervisor();
  await writeSettings(kit.layout, 'disk-watch', new Map([['INTERVAL', { value: '1', secret: false }]]));
  kit.journal().add('file', 'disk-watch.v1.tar.gz', path);
  kit.probationSeconds = 1;
  await kit.runToEnd(kit.runner(kit.journal()));
  expect(kit.journal().app('disk-watch')).toMatchObject({ version: '1' });
  const health = await kit.supervisor.call('gwe.getHealth', ['disk-watch']);
  expect(health).toMatchObject({ health: 'healthy', problem: '' });
  await waitUntil('a value', async () =>
    /^\d+\n$/.test((await kit.text('data', 'disk-watch', 'last')) ?? ''),
  );
});
