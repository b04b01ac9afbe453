import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeForm, FormError, type FormPart, limits } from '@gateway-engine/device-api';
import type { Clock } from '@gateway-engine/host';
import { Refusal } from './answer.ts';
import { type Call, headerOf } from './call.ts';
import { decodeBody, encodingOf } from './content-encoding.ts';

/** A client has this long to send the body of a call. */
const bodyTimeMs = 120_000;

/** The client went away before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {
  readonly code = 'CLIENT_GONE';
}

/** The parts of a form in a body. Refuses with 400, 408, 413. */
export async function readForm(
  call: Pick<Call, 'request' | 'response'>,
  clock: Clock,
  limitBytes: number,
): Promise<FormPart[]> {
  return parseForm(await readBody(call.request, call.response, clock, limitBytes));
}

/**
 * The parts of the form of a write or a record, which may be compressed. The limit counts before decompression and
 * after it. Refuses with 400, 408, 413, 415.
 */
export async function readDataForm(
  call: Pick<Call, 'request' | 'response'>,
  clock: Clock,
): Promise<FormPart[]> {
  const encoding = encodingOf(headerOf(call.request, 'content-encoding'));
  const body = await readBody(call.request, call.response, clock, limits.dataBodyBytes);
  return parseForm(encoding ? await decodeBody(body, encoding, limits.dataBodyBytes) : body);
}

/** Refuses with 415 a body that says it is something else than a form. Odd parameters of the type do not matter. */
export function requireFormType(request: IncomingMessage): void {
  const type = headerOf(request, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type && type !== 'application/x-www-form-urlencoded') throw new Refusal(415);
}

/** The parts of a form. Refuses with 400 what is not UTF-8. */
export function parseForm(form: string | Uint8Array): FormPart[] {
  try {
    return decodeForm(form);
  } catch (error) {
    if (error instanceof FormError) throw new Refusal(400);
    throw error;
  }
}

/**
 * Reads a body of at most `limitBytes`. A longer one is read to its end and thrown away, so that the client, who reads
 * the answer only after sending, gets its 413; beyond four times the limit the connection ends instead.
 */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
  limitBytes: number,
): Promise<Buffer> {
  const mostBytes = 4 * limitBytes;
  const declared = Number(headerOf(request, 'content-length') ?? 0);
  const waitsForUs = /(?:^|\W)100-continue(?:\W|$)/i.test(headerOf(request, 'expect') ?? '');
  if (declared > (waitsForUs ? limitBytes : mostBytes)) throw new Refusal(413, { close: true });
  if (waitsForUs) response.writeContinue();

  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const timer = clock.after(bodyTimeMs, () => reject(new Refusal(408, { close: true })));
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > mostBytes) reject(new Refusal(413, { close: true }));
  };
  const onEnd = () => {
    if (bytes > limitBytes) reject(new Refusal(413));
    else resolve(Buffer.concat(chunks));
  };
  const onGone = () => reject(new ClientGone('the client went away before its request was complete'));
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  try {
    return await promise;
  } finally {
    timer.cancel();
    request.off('data', onData).off('end', onEnd).off('close', onGone);
  }
}
