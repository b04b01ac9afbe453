import type { IncomingMessage, ServerResponse } from 'node:http';
import { normalisePath, paths } from '@gateway-engine/device-api';
import type { Clock, Logger } from '@gateway-engine/host';
import type { Deltas } from '../deltas/deltas.ts';
import type { Observer } from '../metrics/requests.ts';
import type { PointStream } from '../point-stream.ts';
import type { Store } from '../store/port.ts';

/** What the device API is built from. */
export interface DeviceApiParts {
  readonly store: Store;
  readonly points: PointStream;
  /** Undefined: none are made. */
  readonly deltas?: Deltas | undefined;
  /** Told what is answered. */
  readonly observer?: Observer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One request and the target it names. */
export interface Call extends Target {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Target {
  /** In the spelling of `paths`, without a final slash. */
  readonly path: string;
  /** What follows the question mark, still encoded. */
  readonly query: string;
}

/** Reads a request's target. One that names scheme and host, as proxies send it, is read like any other. */
export function parseTarget(url: string): Target {
  const local = url.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  const question = local.indexOf('?');
  const path = question === -1 ? local : local.slice(0, question);
  return {
    path: normalisePath(path).replace(/(?<=.)\/$/, ''),
    query: question === -1 ? '' : local.slice(question + 1),
  };
}

/** Whether a path belongs to the device API, known to it or not. */
export function isDevicePath(path: string): boolean {
  return (
    path === paths.capabilities ||
    /^\/(?:onep:v1|provision|timestamp|ip|gateway-engine\/v1)(?:\/|$)/.test(path)
  );
}

/** A request's header without the blanks around it; undefined when it is missing or empty. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === '' ? undefined : text;
}
