import { request } from 'node:http';
import { UsageError } from '@gateway-engine/host';
import { rememberedAddress } from './running-address.ts';
import { formatAddress, parseAddress, readSettings } from './settings.ts';

const answerMs = 5000;

/**
 * `gmq reread`: tells the running queue to read its settings again, at the address where it listens, or, when it has
 * left none, at the one in the file. Answers with what to tell the person: a changed `listen` waits for a restart.
 */
export async function reread(settingsFile: string): Promise<string | undefined> {
  // Read here too: a mistake in the file is told to the person who made it.
  const settings = await readSettings(settingsFile);
  const configured = formatAddress(settings.listen);
  const running = await rememberedAddress(settings.databaseFile);
  const addresses = new Set(running ? [running.address, configured] : [configured]);
  let failure: UsageError | undefined;
  for (const address of addresses) {
    try {
      await callReread(address);
      if (!running || running.listen === configured || address !== running.address) return undefined;
      return `[server] listen is ${configured} now, which counts after a restart of gmq; the running one stays on ${address}`;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new UsageError('gmq does not run');
}

/** Rejects with UsageError when nothing answers there, or no queue. */
async function callReread(address: string): Promise<void> {
  const { host, port } = parseAddress(address);
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const call = request(
    { host, port, path: '/reread', method: 'POST', timeout: answerMs, agent: false },
    (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    },
  );
  call.on('timeout', () => call.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
  call.on('error', (cause) => reject(new UsageError(`gmq does not answer on ${address}`, { cause })));
  call.end();
  const status = await promise;
  if (status !== 204) {
    throw new UsageError(`${address} answered ${status} to the request to read the files again`);
  }
}
