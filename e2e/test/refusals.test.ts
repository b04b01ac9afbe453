import { expect, test } from 'vitest';
import { refusalFuzz } from '../src/refusals/refusal-fuzz.ts';

test('10,000 malformed archives and metadata: each is refused with a code or as good as before', {
  timeout: 400_000,
}, async () => {
  const report = await refusalFuzz({ rounds: 10_000, seed: 1 });
  expect(report).toMatchObject({ forged: 0, crashes: 0, examples: [] });
  // All sorts of refusals are met, so that a change of the cases does not make them tame.
  for (const code of [
    'DAMAGED',
    'UNSAFE_PATH',
    'UNSAFE_LINK',
    'UNSUPPORTED_ENTRY',
    'SIGNATURE',
    'FORMAT',
    'MISMATCH',
  ]) {
    expect(report.refused[code]).toBeGreaterThan(0);
  }
  expect(report.gainedMiB).toBeLessThan(300);
});
