import { encodeForm, type FormPart, gatewayAliases } from '@gateway-engine/device-api';
import { wholeSeconds } from '@gateway-engine/host';
import type { Device } from '../store/port.ts';
import { acceptPoints, type OfferedPoint, UnfitValueError } from './accept-points.ts';
import { type Answer, noContent, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Call, DeviceApiParts } from './call.ts';
import { parseForm, readDataForm, requireFormType } from './read-form.ts';

/** `POST stack/alias`, with a query a write and then a read (spec sections 3.1 and 3.3). */
export async function writeValues(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  requireFormType(call.request);
  const asked = aliasesAsked(call.query);
  const written = valuesByAlias(await readDataForm(call, parts.clock));
  // Taken when all of the request is there, so that a slow sender's points do not come in behind newer ones.
  const ts = wholeSeconds(parts.clock);
  await acceptOrRefuse(
    parts,
    device,
    Array.from(written, ([alias, value]) => ({ alias, ts, value })),
  );
  const status = written.get(gatewayAliases.fetchStatus);
  if (status !== undefined) parts.observer?.statusTold(status);
  return asked.length === 0 ? noContent : newestValues(parts, device, asked);
}

/** `GET stack/alias?a&b` (spec section 3.2). */
export async function readValues(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  return newestValues(parts, device, aliasesAsked(call.query));
}

/** The aliases that a query names, each once. A `name=x` names `name`. */
export function aliasesAsked(query: string): string[] {
  return [...new Set(parseForm(query).map(([name]) => name))];
}

/** Accepts points, or refuses with 400 when a value does not fit its resource's format. */
export async function acceptOrRefuse(
  parts: DeviceApiParts,
  device: Device,
  offered: readonly OfferedPoint[],
): Promise<void> {
  try {
    await acceptPoints(parts, device, offered);
  } catch (error) {
    if (error instanceof UnfitValueError) throw new Refusal(400);
    throw error;
  }
}

/** Of an alias that is given twice the last value counts. */
function valuesByAlias(form: readonly FormPart[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [alias, value] of form) {
    if (value === undefined) throw new Refusal(400);
    values.set(alias, value);
  }
  return values;
}

async function newestValues(
  parts: DeviceApiParts,
  device: Device,
  aliases: readonly string[],
): Promise<Answer> {
  const resources = await parts.store.resources(device.rid);
  const found = aliases.flatMap((alias) => resources.get(alias) ?? []);
  const newest = await parts.store.latest(found.map(({ id }) => id));
  // In the reverse of the order asked for: a client's own test depends on it.
  const pairs = found.toReversed().flatMap(({ id, alias }) => {
    const point = newest.get(id);
    return point ? [[alias, point.value] as const] : [];
  });
  return pairs.length === 0 ? noContent : { status: 200, body: encodeForm(pairs) };
}
