/** `npm run release-check -- VERSION [--artefacts DIR]`: what has to be true before a release, each looked at. */
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '@gateway-engine/host';
import { checklistText, runChecks } from './release-checklist/run-checks.ts';
import { readVersion } from './release-checklist/version-argument.ts';

const usage = `npm run release-check -- VERSION [--artefacts DIR [--again DIR]] [--root DIR] [--json]

Looks at everything that has to be true before VERSION is released, says of each whether it is, and what to do where
it is not. Exit code 1 when anything is not. See docs/contributing/releasing.md.

  --artefacts DIR   folder of the built packages, checksums and signatures
  --again DIR       folder of a second build, to be compared with the first
  --root DIR        another working copy than this one
  --json            the items as JSON
`;

await runCommand('npm run release-check', async () => {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const items = await runChecks({
    root: resolve(values.root ?? dirname(import.meta.dirname)),
    version: readVersion(positionals, usage),
    artefacts: values.artefacts === undefined ? undefined : resolve(values.artefacts),
    again: values.again === undefined ? undefined : resolve(values.again),
  });
  process.stdout.write(`${values.json ? JSON.stringify(items) : checklistText(items)}\n`);
  if (items.some(({ outcome }) => !outcome.ok)) process.exitCode = 1;
});

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        artefacts: { type: 'string' },
        again: { type: 'string' },
        root: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new UsageError(
      `${cause instanceof Error ? cause.message : cause}; see npm run release-check -- --help`,
    );
  }
}
