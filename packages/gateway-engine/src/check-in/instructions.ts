import { EngineFetchError, gatewayAliases, parseEngineFetch } from '@gateway-engine/device-api';
import type { DeviceClient } from '@gateway-engine/device-client';
import type { Clock, Logger } from '@gateway-engine/host';
import type { InstallJournal } from '../ota/journal.ts';

const mostInstalls = 100;
/** Timers may be early by a millisecond or two. */
const secondMs = 1_010;

/** What an `engine_fetch` value asks for: tarballs to install, or why it cannot be followed. */
function readInstruction(text: string): { install: readonly string[]; problem?: string } {
  try {
    const { install } = parseEngineFetch(text);
    if (install.length === 0) return { install, problem: 'engine_fetch: "install" names nothing to install' };
    if (install.length > mostInstalls) {
      return { install: [], problem: `engine_fetch: more than ${mostInstalls} installs at once` };
    }
    return { install };
  } catch (error) {
    if (error instanceof EngineFetchError)
      return { install: [], problem: `${error.message}; it was cleared` };
    throw error;
  }
}

/**
 * Takes an instruction over: first into the journal, on disk, then its alias is cleared, to show that work has begun.
 * A kill between the two leaves an instruction that is read again and recognised.
 *
 * The server keeps one point for each second: a clearing in the second of the next instruction would replace it. So it
 * waits until the instruction's own second is over, looks once more, and leaves what another instruction has replaced
 * already. Gives that other one, when there is one.
 */
export async function acceptInstruction(
  text: string,
  parts: {
    readonly journal: Pick<InstallJournal, 'addInstruction' | 'instructionCleared'>;
    readonly client: Pick<DeviceClient, 'read' | 'write'>;
    readonly clock: Clock;
    readonly logger: Logger;
    /** The journal has new work, which need not wait for the clearing. */
    readonly onWork: () => void;
  },
  signal: AbortSignal,
  secondIsOver = false,
): Promise<{ readonly date: number | undefined; readonly value: string } | undefined> {
  const { install, problem } = readInstruction(text);
  if (parts.journal.addInstruction(text, install, problem) === 'added') {
    if (problem === undefined) parts.logger.info({ install }, 'instruction received');
    else parts.logger.warn(problem);
    parts.onWork();
  }
  if (!secondIsOver) await parts.clock.sleep(secondMs, signal);
  const { values, date } = await parts.client.read([gatewayAliases.engineFetch], { signal });
  const value = values.get(gatewayAliases.engineFetch) ?? '';
  if (value === text) await parts.client.write([[gatewayAliases.engineFetch, '']], { signal });
  parts.journal.instructionCleared();
  return value === text || value === '' ? undefined : { date, value };
}
