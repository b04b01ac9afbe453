import type { IncomingMessage } from 'node:http';
import { describeError } from '@gateway-engine/host';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { StoreError } from '../store/port.ts';
import type { ErrorBody } from './schemas.ts';

export type AdminErrorCode =
  | 'BAD_REQUEST'
  | 'BAD_VALUE'
  | 'UNAUTHORIZED'
  | 'NOT_FOUND'
  | 'NO_PRODUCT'
  | 'NO_DEVICE'
  | 'NO_RESOURCE'
  | 'NO_CONTENT'
  | 'NO_TRUST'
  | 'BAD_METADATA'
  | 'STALE'
  | 'NO_SESSION'
  | 'EXISTS'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_TYPE'
  | 'UPLOAD_CUT'
  | 'SLOW_DOWN'
  | 'DISK_FULL'
  | 'INTERNAL';

/** A refusal of the admin API. The message goes to the caller: what is wrong and what to do, and never a secret. */
export class AdminError extends Error {
  readonly status: number;
  readonly code: AdminErrorCode;

  constructor(status: number, code: AdminErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }

  get body(): ErrorBody {
    return { error: { code: this.code, message: this.message } };
  }
}

/** Turns whatever was thrown into what the caller is told. Unforeseen failures keep their details to the log. */
export function toAdminError(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof StoreError) return fromStore(error);
  if (hasZodFastifySchemaValidationErrors(error)) return fromValidation(error);
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'ENOSPC') {
    return diskFull(error);
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return fromFramework(error, statusCode);
  const message = "the platform failed at this; the platform's log says why";
  return new AdminError(500, 'INTERNAL', message, { cause: error });
}

/** Makes every failure of this server answer `{error: {code, message}}`; the unforeseen ones are logged here, once. */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, request, reply) => {
    const refusal = toAdminError(error);
    if (refusal.status >= 500) {
      request.log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
    }
    if (bodyUnderWay(request.raw)) hearOut(request.raw, reply);
    return reply.code(refusal.status).send(refusal.body);
  });
}

function bodyUnderWay(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return !request.complete && (encoding !== undefined || Number(length ?? 0) > 0);
}

/**
 * Lets the caller finish what it sends: closing the connection with bytes unread resets it, and the caller then sees a
 * broken pipe in place of the refusal. The caller closes, or the listener does when nothing more comes.
 */
function hearOut(request: IncomingMessage, reply: FastifyReply): void {
  void reply.header('Connection', 'keep-alive');
  request.resume();
}

function diskFull(cause: unknown): AdminError {
  const message = "the platform's disk is full; free space on it and try again";
  return new AdminError(507, 'DISK_FULL', message, { cause });
}

function fromStore(error: StoreError): AdminError {
  if (error.code === 'FULL') return diskFull(error);
  const exists = error.code === 'EXISTS';
  const advice = exists ? 'use it, or take another name' : 'create it first';
  return new AdminError(exists ? 409 : 404, error.code, `${error.message}; ${advice}`, { cause: error });
}

function fromValidation(error: {
  validation: readonly { instancePath: string; message?: string | undefined }[];
  validationContext?: string | undefined;
}): AdminError {
  const problems = error.validation.slice(0, 3).map(({ instancePath, message }) => {
    const field = instancePath.slice(1).replaceAll('/', '.');
    return field === '' ? message : `${field}: ${message}`;
  });
  const where = { querystring: 'query', params: 'path' }[error.validationContext ?? ''] ?? 'body';
  return new AdminError(
    400,
    'BAD_REQUEST',
    `the request's ${where} is not as expected: ${problems.join('; ')}`,
  );
}

function fromFramework(error: unknown, status: number): AdminError {
  if (status === 413) {
    return new AdminError(413, 'TOO_LARGE', "the request's body is too large for this call", {
      cause: error,
    });
  }
  if (status === 415) {
    const message = 'this call does not take a body of that Content-Type; send application/json';
    return new AdminError(415, 'UNSUPPORTED_TYPE', message, { cause: error });
  }
  // Fastify's own texts end in a full stop and speak of the request only.
  const message = describeError(error).replace(/\.$/, '');
  return new AdminError(
    status === 404 ? 404 : 400,
    status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST',
    message.charAt(0).toLowerCase() + message.slice(1),
    { cause: error },
  );
}
