import { encodeForm, headers } from '@gateway-engine/device-api';
import { wholeSeconds } from '@gateway-engine/host';
import type { Point, Resource } from '../store/port.ts';
import { type Answer, noContent, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';
import { parseStart, parseWait } from './long-poll-headers.ts';
import type { OpenWaits } from './open-waits.ts';
import { ClientGone } from './read-form.ts';
import { aliasesAsked } from './values.ts';

/**
 * `GET stack/alias?a` with `Request-Timeout` (spec section 3.4): waits until the alias gets a point after the start.
 *
 * With a start (`If-Modified-Since`) the answer is always the oldest stored point after it, so that a client that
 * sends `Last-Modified` back walks through every point once, however fast they came. Without one, the first point that
 * is stored from now on and is not of an earlier second counts.
 */
export async function longPoll(parts: DeviceApiParts, call: Call, waits: OpenWaits): Promise<Answer> {
  const now = wholeSeconds(parts.clock);
  const device = await authenticate(parts, call);
  const waitMs = parseWait(headerOf(call.request, headers.requestTimeout));
  const start = parseStart(
    headerOf(call.request, headers.ifModifiedSince) ?? headerOf(call.request, 'If-Not-Modified-Since'),
  );
  const aliases = aliasesAsked(call.query);
  const [alias] = aliases;
  if (waitMs === undefined || start === 'malformed' || alias === undefined || aliases.length > 1) {
    throw new Refusal(400);
  }
  const resource = (await parts.store.resources(device.rid)).get(alias);
  if (!resource) return noContent;
  const point = await pointAfter(parts, call, waits, { resource, now, start, waitMs });
  if (!point) return { status: 304 };
  return {
    status: 200,
    headers: { [headers.lastModified]: new Date(point.ts * 1000).toUTCString() },
    body: encodeForm([[alias, point.value]]),
  };
}

interface Wait {
  readonly resource: Resource;
  readonly now: number;
  readonly start: number | undefined;
  readonly waitMs: number;
}

/** Undefined when the time is over or the server stops; rejects with ClientGone when the client goes away. */
async function pointAfter(
  parts: DeviceApiParts,
  call: Call,
  waits: OpenWaits,
  { resource, now, start, waitMs }: Wait,
): Promise<Point | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Point | undefined>();
  // Listening starts before the look into the store: a point that comes in between is seen twice, never missed.
  const listening = parts.points.listen(resource.id, (point) => {
    if (point.ts > (start ?? now - 1)) resolve(point);
  });
  const timer = parts.clock.after(waitMs, () => resolve(undefined));
  const wait = waits.open(() => resolve(undefined));
  const onGone = () => reject(new ClientGone('the client of a long poll went away'));
  call.response.once('close', onGone);
  if (call.request.socket.destroyed) onGone();
  try {
    const stored = start === undefined ? undefined : await parts.store.oldestAfter(resource.id, start);
    if (stored) return stored;
    const announced = await promise;
    // Points of several seconds may have been announced one after the other, the newer first.
    return announced && start !== undefined ? await parts.store.oldestAfter(resource.id, start) : announced;
  } finally {
    listening.stop();
    timer.cancel();
    wait.end();
    call.response.off('close', onGone);
    // Nobody waits for it any more when the store had the point already or failed.
    promise.catch(() => undefined);
  }
}
