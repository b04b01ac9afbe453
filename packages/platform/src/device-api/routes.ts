import { headers, paths } from '@gateway-engine/device-api';
import { noRoute } from '../metrics/requests.ts';
import { activate } from './activate.ts';
import { type Answer, Refusal } from './answer.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';
import { delta } from './delta.ts';
import { download } from './download.ts';
import { longPoll } from './long-poll.ts';
import { metadataFile } from './metadata.ts';
import type { OpenWaits } from './open-waits.ts';
import { recordPoints } from './record.ts';
import { capabilities, ownAddress, timestamp } from './small-calls.ts';
import { readValues, writeValues } from './values.ts';

type Route = (parts: DeviceApiParts, call: Call, waits: OpenWaits) => Answer | Promise<Answer>;

const byPath: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  [paths.alias]: {
    GET: (parts, call, waits) =>
      headerOf(call.request, headers.requestTimeout) === undefined
        ? readValues(parts, call)
        : longPoll(parts, call, waits),
    POST: writeValues,
  },
  [paths.record]: { POST: recordPoints },
  [paths.activate]: { POST: activate },
  [paths.download]: { GET: download },
  [paths.delta]: { GET: delta },
  [paths.timestamp]: { GET: timestamp },
  [paths.ip]: { GET: (_parts, call) => ownAddress(call) },
  [paths.capabilities]: { GET: capabilities },
};

const recordOfOneAlias: Readonly<Record<string, Route>> = { POST: recordPoints };
const fileOfMetadata: Readonly<Record<string, Route>> = { GET: metadataFile };

/** The template of a path's route, of which there are few. */
export function routeTemplate(path: string): string {
  if (Object.hasOwn(byPath, path)) return path;
  if (path.startsWith(`${paths.alias}/`)) return `${paths.alias}/:alias`;
  if (path.startsWith(`${paths.tuf}/`)) return `${paths.tuf}/:file`;
  return noRoute;
}

/** What answers a call. Refuses with 404 an unknown path, with 405 a wrong method. */
export function findRoute(path: string, method: string | undefined): Route {
  const methods =
    (Object.hasOwn(byPath, path) ? byPath[path] : undefined) ??
    (path.startsWith(`${paths.alias}/`) ? recordOfOneAlias : undefined) ??
    (path.startsWith(`${paths.tuf}/`) ? fileOfMetadata : undefined);
  if (!methods) throw new Refusal(404);
  const route = method !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!route) throw new Refusal(405);
  return route;
}
