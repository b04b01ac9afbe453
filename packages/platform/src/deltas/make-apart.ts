import { fileURLToPath } from 'node:url';
import { isCompiled, runToEnd } from '@gateway-engine/host';
import { smallDeltaTarBytes } from './delta-parameters.ts';
import { noDeltaStatus } from './delta-status.ts';
import { makeDelta, NoDelta, TooLargeForDelta } from './make-delta.ts';

const atMostMs = 600_000;

/** Makes a delta, a large one in a process of its own, whose memory and processor time are not the platform's. Throws NoDelta. */
export async function makeApart(from: string, to: string, out: string, signal: AbortSignal): Promise<void> {
  try {
    return await makeDelta(from, to, out, smallDeltaTarBytes);
  } catch (error) {
    if (!(error instanceof TooLargeForDelta)) throw error;
  }
  const ended = await runToEnd(process.execPath, [...deltaProcess(), from, to, out], {
    timeoutMs: atMostMs,
    signal,
  });
  if (ended.exitCode === 0) return;
  const said = ended.output.trim();
  if (ended.exitCode === noDeltaStatus) throw new NoDelta(said);
  const how = ended.timedOut
    ? `not made within ${atMostMs / 1000} s`
    : `status ${ended.exitCode ?? ended.signal}`;
  throw new Error(`${how}: ${said}`);
}

/** What our runtime is told to run. The executable of all commands takes the name of one. */
function deltaProcess(): string[] {
  return [isCompiled() ? 'make-delta' : fileURLToPath(new URL('./delta-process.ts', import.meta.url))];
}
