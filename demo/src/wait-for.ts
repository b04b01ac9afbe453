import { type Clock, describeError } from '@gateway-engine/host';

/** Asks until the answer is true. Throws after `timeoutMs`, naming what was waited for and the last failure. */
export async function waitFor(
  what: string,
  timeoutMs: number,
  clock: Clock,
  question: () => Promise<boolean>,
): Promise<void> {
  const end = clock.monotonic() + timeoutMs;
  for (;;) {
    let reason = '';
    try {
      if (await question()) return;
    } catch (error) {
      reason = `: ${describeError(error)}`;
    }
    if (clock.monotonic() > end)
      throw new Error(`waited ${Math.round(timeoutMs / 1000)} s for ${what}${reason}`);
    await clock.sleep(100);
  }
}
