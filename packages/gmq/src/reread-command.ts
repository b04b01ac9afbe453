import { UsageError } from '@gateway-engine/host';
import { callRunning } from './local-call.ts';
import { logSettingsFile, readLogSettings } from './logging.ts';
import { formatAddress, readSettings } from './settings.ts';

/**
 * `gmq reread`: tells the running queue to read its settings again. Answers with what to tell the person: a changed
 * `listen` waits for a restart.
 */
export async function reread(settingsFile: string): Promise<string | undefined> {
  // Read here too: a mistake in a file is told to the person who made it.
  const settings = await readSettings(settingsFile);
  await readLogSettings(logSettingsFile(settingsFile));
  const { status, address, startedWith } = await callRunning(settings, 'POST', '/reread');
  if (status !== 204) {
    throw new UsageError(`${address} answered ${status} to the request to read the files again`);
  }
  const configured = formatAddress(settings.listen);
  if (startedWith === undefined || startedWith === configured) return undefined;
  return `[server] listen is ${configured} now, which counts after a restart of gmq; the running one stays on ${address}`;
}
