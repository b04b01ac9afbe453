import type { IncomingMessage } from 'node:http';
import { limits } from '@gateway-engine/device-api';
import { Refusal } from './refusal.ts';

/** Bounds the memory that bodies on their way in may take together. */
export class BodyBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * The whole body of a request. Rejects with a Refusal when it is too large (what still comes is discarded, so that the
 * answer can be read), and with ClientGone when the caller hangs up first.
 */
export function readBody(request: IncomingMessage, budget: BodyBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    const finish = (settle: () => void) => {
      if (settled) return;
      settled = true;
      budget.giveBack(length);
      settle();
    };
    const refuse = (refusal: Refusal) => finish(() => reject(refusal));
    if (Number(request.headers['content-length'] ?? 0) > limits.dataBodyBytes) refuse(tooLarge());
    request.on('data', (chunk: Buffer) => {
      if (settled) return;
      if (!budget.take(chunk.length)) return refuse(new Refusal(503, 'too many large requests at once'));
      length += chunk.length;
      chunks.push(chunk);
      if (length > limits.dataBodyBytes) refuse(tooLarge());
    });
    request.on('end', () =>
      finish(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))),
    );
    request.on('error', (cause) => finish(() => reject(new ClientGone('the caller hung up', { cause }))));
    request.on('close', () => finish(() => reject(new ClientGone('the caller hung up'))));
  });
}

/** The caller went away in the middle of its request: there is nobody to answer, and nothing is stored. */
export class ClientGone extends Error {
  readonly code = 'CLIENT_GONE';
}

function tooLarge(): Refusal {
  return new Refusal(413, `the body has more than ${limits.dataBodyBytes} bytes`);
}
