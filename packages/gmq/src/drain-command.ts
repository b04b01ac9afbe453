import { type Clock, UsageError } from '@gateway-engine/host';
import { callRunning } from './local-call.ts';
import type { Settings } from './settings.ts';
import { readProgress } from './status.ts';

const lookMs = 300;

/**
 * `gmq drain`: has the running queue send all that waits now, of every priority, and waits until that is gone:
 * delivered or set aside. Answers with the number of points. Throws UsageError when some is left after `timeoutMs`, with the reason the queue has noted.
 */
export async function drain(
  settings: Settings,
  {
    clock,
    timeoutMs,
    onProgress,
  }: { clock: Clock; timeoutMs: number | undefined; onProgress: (left: number) => void },
): Promise<number> {
  const first = readProgress(settings.databaseFile);
  const { status, address } = await callRunning(settings, 'POST', '/drain');
  if (status !== 204) throw new UsageError(`${address} answered ${status} to the request to send all`);
  const end = clock.monotonic() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  for (;;) {
    const { left, problem } = readProgress(settings.databaseFile, first.lastId);
    onProgress(left);
    if (left === 0) return first.left;
    if (clock.monotonic() >= end) {
      const why = problem === undefined ? '' : `: ${problem}`;
      throw new UsageError(`${left} of ${first.left} points still wait${why}`);
    }
    await clock.sleep(lookMs);
  }
}
