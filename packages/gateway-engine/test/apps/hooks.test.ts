import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { type HookResult, runHook } from '../../src/apps/hooks.ts';
import { homeLayout } from '../../src/home/layout.ts';

const started: number[] = [];

async function hook(
  lines: readonly string[] | undefined,
  mode = 0o755,
  timeoutMs?: number,
): Promise<HookResult> {
  await using folder = await temporaryFolder();
  const layout = homeLayout(folder.path);
  const app = { name: 'app', version: '1', folder: join(layout.apps, 'app', '1') };
  await mkdir(app.folder, { recursive: true });
  const file = join(app.folder, 'pre_update.sh');
  if (lines) await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'), { mode });
  return await runHook(
    layout,
    { ...app, hook: 'pre_update.sh', variables: { GWE_NEW_VERSION: '2' } },
    {
      signal: AbortSignal.timeout(30_000),
      onStart: ({ pid }) => started.push(pid),
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
  );
}

it('a script that is not there is no obstacle', async () => {
  expect(await hook(undefined)).toEqual({ kind: 'absent' });
});

it('a script runs in the folder of its version and knows both versions', async () => {
  const lines = ['test -x ./pre_update.sh && echo "$GWE_APP_NAME $GWE_APP_VERSION $GWE_NEW_VERSION"'];
  expect(await hook([...lines, 'echo $$'])).toEqual({
    kind: 'agreed',
    output: `app 1 2\n${started.at(-1)}\n`,
  });
});

it('exit status 75 asks to be asked again, any other is a failure', async () => {
  expect(await hook(['echo busy', 'exit 75'])).toEqual({ kind: 'later', output: 'busy\n' });
  expect(await hook(['echo no >&2', 'exit 3'])).toEqual({
    kind: 'failed',
    problem: 'pre_update.sh of version 1 exited with status 3',
    output: 'no\n',
  });
  expect(await hook(['kill -9 $$'])).toMatchObject({
    problem: 'pre_update.sh of version 1 was ended by SIGKILL',
  });
});

it('a script that does not end, or cannot begin, is a failure', async () => {
  expect(await hook(['sleep 1000'], 0o755, 300)).toMatchObject({
    problem: 'pre_update.sh of version 1 did not end within 0.3 s and was stopped',
  });
  expect(await hook([], 0o644)).toMatchObject({ kind: 'failed' });
});
