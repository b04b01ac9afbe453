import type { IncomingMessage, ServerResponse } from 'node:http';
import { headers } from '@gateway-engine/device-api';
import { describeError } from '@gateway-engine/host';
import { type Answer, errorAnswer, Refusal } from './answer.ts';
import { type Call, type DeviceApiParts, headerOf, parseTarget } from './call.ts';
import { Connections } from './connections.ts';
import { OpenWaits } from './open-waits.ts';
import { ClientGone } from './read-form.ts';
import { findRoute, routeTemplate } from './routes.ts';
import { send } from './send.ts';
import { StoreTrouble } from './store-trouble.ts';

export interface DeviceApi {
  /** Answers a request, in its turn on its connection. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Long polls that wait now. */
  readonly waiting: number;
  /** Ends the long polls at once; from now on each answer ends its connection. */
  close(): void;
}

/** The device-facing API on node:http: activate, data, content. It does not listen. */
export function buildDeviceApi(parts: DeviceApiParts): DeviceApi {
  const connections = new Connections();
  const waits = new OpenWaits();
  const trouble = new StoreTrouble(parts);

  const observe = (call: Call, begun: number, found: Answer | undefined) => {
    const { request, path } = call;
    const { body } = found ?? {};
    parts.observer?.answered({
      api: 'device',
      method: request.method ?? '',
      route: routeTemplate(path),
      status: found?.status ?? 'gone',
      durationMs: parts.clock.monotonic() - begun,
      isLongPoll: headerOf(request, headers.requestTimeout) !== undefined,
      ...(typeof body === 'object' &&
        'length' in body &&
        !Buffer.isBuffer(body) && { fileBytes: body.length }),
    });
  };

  const answer = async (call: Call, last: boolean): Promise<{ close: boolean }> => {
    const begun = parts.clock.monotonic();
    try {
      const found = await findAnswer(parts, call, waits, trouble);
      const close = last || waits.stopped || found.close === true;
      await send(call.response, { ...found, close });
      observe(call, begun, found);
      return { close };
    } catch (error) {
      observe(call, begun, undefined);
      if (!(error instanceof ClientGone) && !call.response.destroyed) {
        parts.logger.error(`cannot send the answer to ${call.path}: ${describeError(error)}`);
      }
      call.response.destroy();
      return { close: true };
    }
  };

  return {
    handle: (request, response) => {
      const call = { request, response, ...parseTarget(request.url ?? '/') };
      connections.takeTurn(request.socket, response, (last) => answer(call, last));
    },
    get waiting() {
      return waits.count;
    },
    close: () => waits.stop(),
  };
}

async function findAnswer(
  parts: DeviceApiParts,
  call: Call,
  waits: OpenWaits,
  trouble: StoreTrouble,
): Promise<Answer> {
  const { request, path } = call;
  try {
    const route = findRoute(path, request.method);
    return await route(parts, call, waits);
  } catch (error) {
    if (error instanceof ClientGone) throw error;
    if (error instanceof Refusal) {
      parts.logger.debug({ method: request.method, path, status: error.status }, 'request refused');
      return errorAnswer(error);
    }
    if (trouble.isFullDisk(error)) return errorAnswer(new Refusal(503));
    parts.logger.error({ method: request.method, path }, `request failed: ${describeError(error)}`);
    return errorAnswer(new Refusal(500));
  } finally {
    // A body that nobody asked for (a GET with one) is thrown away, so that the next request can be read.
    if (!request.readableEnded) request.resume();
  }
}
