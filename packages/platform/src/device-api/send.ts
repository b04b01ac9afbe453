import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Answer, FilePart } from './answer.ts';

/** A file part up to this size is read first and sent with its headers in one write. */
const oneWriteBytes = 64 * 1024;

/**
 * Sends an answer to the byte as spec section 2.2 wants it: nothing in the header section but `Date`,
 * `Content-Length` and what the answer names; `Connection` only when the connection ends; a small answer in one write,
 * so that it arrives in one segment. Resolves when all of it was handed to the socket.
 */
export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  const { body = '' } = answer;
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    writeHead(response, answer, Buffer.byteLength(body));
    response.end(body);
    return;
  }
  try {
    await sendFilePart(response, answer, body);
  } finally {
    await body.file.close();
  }
}

async function sendFilePart(response: ServerResponse, answer: Answer, part: FilePart): Promise<void> {
  if (part.length <= oneWriteBytes) {
    const bytes = Buffer.alloc(part.length);
    const { bytesRead } = await part.file.read(bytes, 0, part.length, part.start);
    if (bytesRead !== part.length) throw new Error(`a file gave ${bytesRead} of ${part.length} bytes`);
    writeHead(response, answer, part.length);
    response.end(bytes);
    return;
  }
  writeHead(response, answer, part.length);
  const end = part.start + part.length - 1;
  await pipeline(part.file.createReadStream({ start: part.start, end, autoClose: false }), response);
}

function writeHead(response: ServerResponse, answer: Answer, length: number): void {
  const headers: Record<string, string | number> = { 'Content-Length': length, ...answer.headers };
  // Node.js keeps to what the client asked for: `Connection: close`, or HTTP/1.0.
  if (answer.close || !response.shouldKeepAlive) headers.Connection = 'close';
  else response.removeHeader('Connection');
  response.writeHead(answer.status, headers);
}
