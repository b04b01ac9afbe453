import { type Clock, processStartTime, signalGroup } from '@gateway-engine/host';
import type { SupervisorLog } from '../log.ts';
import { groupIsAlive } from '../process/process-group.ts';
import type { OutputHolder } from './output-holders.ts';

const graceMs = 10_000;

/** Ends processes of programs that nobody goes on with: SIGTERM, a grace, then SIGKILL. */
export async function endStrays(
  strays: readonly OutputHolder[],
  parts: { clock: Clock; log: SupervisorLog },
): Promise<void> {
  await Promise.all(strays.map((stray) => endStray(stray, parts)));
}

async function endStray(stray: OutputHolder, { clock, log }: { clock: Clock; log: SupervisorLog }) {
  const name = `'${stray.folder}' (${stray.pid})`;
  log.warn(`stopping ${name}, which a supervisor before this one left running`);
  send(stray, 'SIGTERM');
  const deadline = clock.monotonic() + graceMs;
  while (isAlive(stray) && clock.monotonic() < deadline) await clock.sleep(20);
  if (!isAlive(stray)) return;
  log.warn(`killing ${name} with SIGKILL`);
  send(stray, 'SIGKILL');
  const end = clock.monotonic() + 2000;
  while (isAlive(stray) && clock.monotonic() < end) await clock.sleep(20);
  if (isAlive(stray)) log.error(`${name} is still there after SIGKILL`);
}

function isAlive(stray: OutputHolder): boolean {
  const startTime = processStartTime(stray.pid);
  if (startTime === stray.startTime) return true;
  return startTime === undefined && stray.leads && groupIsAlive(stray.pid);
}

function send(stray: OutputHolder, signal: NodeJS.Signals): void {
  if (!isAlive(stray)) return;
  if (stray.leads) {
    signalGroup(stray.pid, signal);
    return;
  }
  try {
    process.kill(stray.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
