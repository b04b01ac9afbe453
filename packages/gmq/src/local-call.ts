import { request } from 'node:http';
import { UsageError } from '@gateway-engine/host';
import { rememberedAddress } from './running-address.ts';
import { formatAddress, parseAddress, type Settings } from './settings.ts';

const answerMs = 5000;
const mostBytes = 64 * 1024 * 1024;

export interface LocalAnswer {
  readonly status: number;
  readonly body: string;
  /** Where the queue that answered listens. */
  readonly address: string;
  /** `[server] listen` when that one was started; undefined when it has left no note. */
  readonly startedWith: string | undefined;
}

/**
 * Calls the queue that runs, at the address where it listens, or, when it has left none, at the one in the settings.
 * Rejects with UsageError when nothing answers there.
 */
export async function callRunning(
  { listen, databaseFile }: Pick<Settings, 'listen' | 'databaseFile'>,
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<LocalAnswer> {
  const running = await rememberedAddress(databaseFile);
  const configured = formatAddress(listen);
  const addresses = new Set(running ? [running.address, configured] : [configured]);
  let failure: UsageError | undefined;
  for (const address of addresses) {
    try {
      const { status, body } = await call(address, method, path, headers);
      const startedWith = running?.address === address ? running.listen : undefined;
      return { status, body, address, startedWith };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new UsageError('gmq does not run');
}

async function call(
  address: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: string }> {
  const { host, port } = parseAddress(address);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const fail = (cause: Error) => reject(new UsageError(`gmq does not answer on ${address}`, { cause }));
  const options = { host, port, path, method, headers, timeout: answerMs, agent: false };
  const asked = request(options, (answer) => {
    let body = '';
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      body += text;
      if (body.length > mostBytes) answer.destroy(new Error('the answer has no end'));
    });
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    answer.on('error', fail);
  });
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
  asked.on('error', fail);
  asked.end();
  return promise;
}
