import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runtimeCommand, temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { newSigners, publish, releaseOf, rootOf } from './repository.ts';

const app = 'sine.v1.tar.gz';

it('metadata that Node.js has signed is verified by Bun, which a compiled gateway runs on', async () => {
  await using folder = await temporaryFolder();
  const signers = newSigners();
  const theirs = releaseOf(app, 'one');
  const files = { root: rootOf(signers), ...publish(signers, 1, [theirs]) };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder.path, `${name}.json`), bytes);
  }
  const [command = '', ...words] = runtimeCommand('bun', join(import.meta.dirname, 'verify-once.ts'));
  const { stdout } = await promisify(execFile)(command, [...words, folder.path, app]);
  expect(JSON.parse(stdout)).toEqual({
    theirs: theirs.sha256,
    own: releaseOf(app, 'own').sha256,
    sameKey: true,
  });
}, 120_000);
