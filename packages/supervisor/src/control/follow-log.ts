import { request as httpRequest, type IncomingMessage } from 'node:http';
import { parseSupervisorUrl } from '../xml-rpc/http-call.ts';
import type { ControlSession } from './session.ts';

/** Prints a log of the supervisor as it grows, until `signal` or the supervisor ends it. Failures are said. */
export async function followLog(session: ControlSession, path: string, signal: AbortSignal): Promise<void> {
  const { serverUrl } = session.target;
  try {
    const response = await request(session, path, signal);
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(`Cannot read, status code ${response.statusCode}`);
    }
    for await (const chunk of response as AsyncIterable<Buffer>) session.terminal.write(chunk);
  } catch (error) {
    if (signal.aborted) return;
    // A supervisor that ends cuts the answer short.
    if (isCut(error)) return;
    const why = error instanceof Error ? error.message : String(error);
    session.terminal.writeError(`${serverUrl}${path} ${why}\n`);
  }
}

function request(session: ControlSession, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { serverUrl, username = '', password } = session.target;
  const credentials = password === undefined || password === '' ? undefined : { username, password };
  return new Promise((resolve, reject) => {
    const call = httpRequest({
      ...parseSupervisorUrl(serverUrl, credentials).options,
      agent: false,
      path,
      // On a connection that is to be closed, supervisord keeps back what is new until there are 64 KiB of it.
      headers: { Connection: 'keep-alive' },
      signal,
    });
    call.on('response', resolve);
    call.on('error', (error) =>
      reject(new Error(`Cannot connect, error: ${error.message}`, { cause: error })),
    );
    call.end();
  });
}

function isCut(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code))
  );
}
