import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Logger } from '@gateway-engine/host';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Observer } from '../metrics/requests.ts';
import type { PointStream } from '../point-stream.ts';
import type { Store } from '../store/port.ts';
import type { ProductTrust } from '../trust/product-trust.ts';
import { ErrorBody } from './schemas.ts';

/** What the admin API is built from. */
export interface AdminParts {
  readonly store: Store;
  readonly points: PointStream;
  readonly trust: ProductTrust;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the built pages are; undefined or without an `index.html`: a sentence is shown in their place. */
  readonly pagesDirectory: string | undefined;
  /** For uploads under way; on the same file system as the store's own files. */
  readonly uploadDirectory: string;
  /** Undefined: there is no `/metrics`. */
  readonly metrics?: (Pick<Observer, 'answered'> & { text(): Promise<string> }) | undefined;
  /** Largest file that is taken, bytes; by default the device API's limit. */
  readonly contentLimitBytes?: number;
}

/** A Fastify server whose routes are typed by their zod schemas. */
export type AdminServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The failures of a route, for its response schemas. */
export const failures = { '4xx': ErrorBody, '5xx': ErrorBody };
