/** `npm run set-version -- VERSION`: changes the version in all places at once. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, UsageError, writeDurably } from '@gateway-engine/host';
import { readVersion } from './release-checklist/version-argument.ts';
import { versionPlaces } from './release-checklist/version-places.ts';

const usage = `npm run set-version -- VERSION [--root DIR]

Writes VERSION into every package.json, the lock files, the Python client and the documentation that names its package.
`;

await runCommand('npm run set-version', async () => {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const version = readVersion(positionals, usage);
  const root = resolve(values.root ?? dirname(import.meta.dirname));
  let changed = 0;
  for (const place of versionPlaces(root)) {
    const file = join(root, place.path);
    const text = await readFile(file, 'utf8');
    const next = place.with(text, version);
    if (next === text) continue;
    await writeDurably(file, next, { mode: 0o644 });
    process.stdout.write(`${place.path}\n`);
    changed += 1;
  }
  process.stdout.write(
    changed === 0
      ? `${version} stands everywhere already\n`
      : `${version} in ${changed} files; now CHANGELOG.md\n`,
  );
});

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { root: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw new UsageError(
      `${cause instanceof Error ? cause.message : cause}; see npm run set-version -- --help`,
    );
  }
}
