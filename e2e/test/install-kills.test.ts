import { expect, test } from 'vitest';
import { installKills } from '../src/installs/install-kills.ts';

test('an engine killed at random moments of installs: the version that should runs in the end, and the platform knows', {
  timeout: 400_000,
}, async () => {
  const report = await installKills({ rounds: 5, seed: 5 });
  expect(report).toMatchObject({ rounds: 5, wrong: 0, examples: [] });
});
