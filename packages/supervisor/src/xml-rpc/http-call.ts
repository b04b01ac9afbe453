import { Buffer } from 'node:buffer';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';

/** No answer from the supervisor: no socket, nobody listening, no permission, a time-out, or not a supervisor. */
export class SupervisorUnreachable extends Error {
  readonly code = 'SUPERVISOR_UNREACHABLE';
  /** The HTTP status, when it answered with one that is no success. */
  readonly status: number | undefined;

  constructor(message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

export interface SupervisorAddress {
  readonly options: RequestOptions;
  readonly shown: string;
}

const longestAnswer = 64 * 1024 * 1024;

const advice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is the supervisor running?',
  ECONNREFUSED: 'nobody listens there; is the supervisor running?',
  EACCES: 'no permission; run as the user of the supervisor or as root',
};

/** Where a supervisor listens, from `unix:///path/to.sock` or `http://[user:password@]host:port`. */
export function parseSupervisorUrl(
  url: string,
  credentials?: { username: string; password: string },
): SupervisorAddress {
  const address = parseAddress(url);
  if (!credentials) return address;
  const auth = `${credentials.username}:${credentials.password}`;
  return { ...address, options: { ...address.options, auth } };
}

function parseAddress(url: string): SupervisorAddress {
  if (url.startsWith('unix://') && url.length > 'unix://'.length)
    return { options: { socketPath: url.slice('unix://'.length) }, shown: url };
  if (!URL.canParse(url) || !url.startsWith('http://'))
    throw new SupervisorUnreachable(
      `"${url.replace(/\/\/.*@/, '//')}" is not a supervisor's address; use unix:///PATH or http://HOST:PORT`,
    );
  const { hostname, port, username, password } = new URL(url);
  const auth =
    username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    options: { host, port: port === '' ? 80 : Number(port), ...auth },
    shown: `http://${hostname}:${port}`,
  };
}

/** Sends one XML-RPC message and gives the text of the answer. */
export function postXml(target: SupervisorAddress, xml: string, timeoutMs: number): Promise<string> {
  const body = Buffer.from(xml);
  return new Promise((resolve, reject) => {
    const fail = (why: string, options?: { cause?: unknown; status?: number }) =>
      reject(new SupervisorUnreachable(`no answer from the supervisor at ${target.shown}: ${why}`, options));
    const request = httpRequest({
      ...target.options,
      agent: false,
      method: 'POST',
      path: '/RPC2',
      headers: { 'Content-Type': 'text/xml', 'Content-Length': body.length },
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError' || error.name === 'TimeoutError')
        fail(`nothing within ${timeoutMs} ms`);
      else fail(advice[error.code ?? ''] ?? error.message, { cause: error });
    });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status === 200)
        return readAll(response).then(resolve, (cause: Error) => fail(cause.message, { cause }));
      response.resume();
      return fail(status === 401 ? 'user name or password is wrong' : `HTTP status ${status}`, { status });
    });
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestAnswer) throw new Error(`the answer is longer than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
