import { problemOfAppName } from '@gateway-engine/app-package';
import { EngineFetchError, gatewayAliases, parseEngineFetch } from '@gateway-engine/device-api';
import type { DeviceClient } from '@gateway-engine/device-client';
import type { Clock, Logger } from '@gateway-engine/host';
import type { InstallJournal, Wanted } from '../ota/journal.ts';

const mostInstalls = 100;
/** Timers may be early by a millisecond or two. */
const secondMs = 1_010;

/** What an `engine_fetch` value asks for, or why it cannot be followed. */
function readInstruction(text: string): { readonly wanted: Wanted; readonly problem?: string } {
  const nothing = { install: [] };
  try {
    const wanted = parseEngineFetch(text);
    const { install, remove = [], cancel = [] } = wanted;
    const count = install.length + remove.length + cancel.length;
    if (count === 0) return { wanted, problem: 'engine_fetch: "install" names nothing to install' };
    if (count > mostInstalls) {
      return { wanted: nothing, problem: `engine_fetch: more than ${mostInstalls} installs at once` };
    }
    const odd = [...remove, ...cancel].find((name) => problemOfAppName(name) !== undefined);
    if (odd === undefined) return { wanted };
    const problem = `engine_fetch: ${JSON.stringify(odd)} is no application's name: ${problemOfAppName(odd)}`;
    return { wanted: nothing, problem: `${problem}; it was cleared` };
  } catch (error) {
    if (error instanceof EngineFetchError) {
      return { wanted: nothing, problem: `${error.message}; it was cleared` };
    }
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
  const { wanted, problem } = readInstruction(text);
  if (parts.journal.addInstruction(text, wanted, problem) === 'added') {
    if (problem === undefined) parts.logger.info(wanted, 'instruction received');
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
