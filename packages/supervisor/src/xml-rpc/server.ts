import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { describeError } from '@gateway-engine/host';
import { SupervisorFault } from './faults.ts';
import {
  formatResponse,
  type MethodCall,
  type MethodResponse,
  parseCall,
  type XmlRpcValue,
} from './message.ts';
import { XmlRpcError } from './xml-tree.ts';

const longestCall = 1024 * 1024;

export interface RpcServerOptions {
  readonly username: string | undefined;
  readonly password: string | undefined;
  call(method: string, params: readonly XmlRpcValue[]): Promise<XmlRpcValue>;
  /** Takes a request that is not for XML-RPC. False when it is for nothing known. */
  handleOther(request: IncomingMessage, response: ServerResponse): boolean;
  onTrouble(message: string): void;
}

/** An HTTP server, not listening yet, that takes XML-RPC at /RPC2. Every request needs the user and password. */
export function createRpcServer(options: RpcServerOptions): Server {
  return createServer({ requestTimeout: 30_000, maxHeaderSize: 16 * 1024 }, (request, response) => {
    handle(options, request, response).catch((error) => {
      options.onTrouble(`request to the interface failed: ${describeError(error)}`);
      if (!response.headersSent) answer(response, 500, 'text/plain', 'Internal Server Error\n');
      else response.destroy();
    });
  });
}

async function handle(options: RpcServerOptions, request: IncomingMessage, response: ServerResponse) {
  if (!isAuthorized(options, request.headers.authorization)) {
    response.setHeader('WWW-Authenticate', 'Basic realm="default"');
    return answer(response, 401, 'text/plain', 'Unauthorized\n');
  }
  if (!request.url?.startsWith('/RPC2')) {
    if (!options.handleOther(request, response)) answer(response, 404, 'text/plain', 'Not Found\n');
    return;
  }
  if (request.method !== 'POST') return answer(response, 400, 'text/plain', 'XML-RPC needs POST\n');
  const body = await readBody(request);
  if (body === undefined) {
    response.setHeader('Connection', 'close');
    return answer(response, 413, 'text/plain', `a call is at most ${longestCall} bytes\n`);
  }
  let call: MethodCall;
  try {
    call = parseCall(body);
  } catch (error) {
    if (!(error instanceof XmlRpcError)) throw error;
    options.onTrouble(`XML-RPC request is invalid: ${error.message}`);
    return answer(response, 400, 'text/plain', `${error.message}\n`);
  }
  answer(response, 200, 'text/xml', formatResponse(await perform(options, call)));
}

async function perform(options: RpcServerOptions, call: MethodCall): Promise<MethodResponse> {
  try {
    return { value: await options.call(call.method, call.params) };
  } catch (error) {
    if (error instanceof SupervisorFault)
      return { fault: { code: error.faultCode, text: error.faultString } };
    throw error;
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestCall) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function isAuthorized(options: RpcServerOptions, header: string | undefined): boolean {
  // An empty name asks for nothing, as in Supervisor.
  if (options.username === undefined || options.username === '') return true;
  const given = /^Basic\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const [username = '', ...password] = Buffer.from(given, 'base64').toString('utf8').split(':');
  const fits = isPassword(password.join(':'), options.password ?? '');
  return sameText(username, options.username) && fits;
}

/** `{SHA}hex` of the configuration is the hash of the password, as Supervisor has it. */
function isPassword(given: string, wanted: string): boolean {
  if (!wanted.startsWith('{SHA}')) return sameText(given, wanted);
  return sameText(createHash('sha1').update(given).digest('hex'), wanted.slice('{SHA}'.length).toLowerCase());
}

/** Compares in constant time. */
function sameText(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
