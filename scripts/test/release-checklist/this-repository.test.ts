import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import type { Check } from '../../release-checklist/check.ts';
import { completeLocks } from '../../release-checklist/lock-check.ts';
import { noLargeFiles, noPrivateHosts, nothingUnfinished } from '../../release-checklist/tree-checks.ts';
import { sameVersion } from '../../release-checklist/version-checks.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));

// What need not wait for a release to be found.
test.each<Check>([sameVersion, noLargeFiles, completeLocks, nothingUnfinished, noPrivateHosts])(
  'in this repository: $name',
  async ({ run }) => {
    const outcome = await run({ root, version: manifest.version, artefacts: undefined });
    expect(outcome.ok ? [] : [...outcome.problems, outcome.advice]).toEqual([]);
  },
);
