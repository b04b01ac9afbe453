import { parseTarballName, TarballNameError } from '@gateway-engine/app-package';
import { type Answer, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';
import { rangedAnswer } from './ranged-answer.ts';
import { parseForm } from './read-form.ts';

const comeAgainSeconds = 10;

/**
 * `GET /gateway-engine/v1/delta?from=ID&to=ID`: what makes the tar of one content of the device's product out of the tar
 * of another, two versions of one application. 404 when there is none, 503 while it is being made.
 */
export async function delta(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  const query = new Map(parseForm(call.query));
  const [from, to] = ['from', 'to'].map((name) => query.get(name) || undefined);
  if (from === undefined || to === undefined) throw new Refusal(400);
  const { deltas, store } = parts;
  if (!deltas || from === to || appOf(from) === undefined || appOf(from) !== appOf(to)) {
    throw new Refusal(404);
  }
  const [old, wanted] = await Promise.all([
    store.content(device.product, from),
    store.content(device.product, to),
  ]);
  if (!old || !wanted) throw new Refusal(404);
  const found = await deltas.between(old, wanted);
  if (found === 'none') throw new Refusal(404);
  if (found === 'later') throw new Refusal(503, { headers: { 'Retry-After': String(comeAgainSeconds) } });
  return await rangedAnswer({ ...found, contentType: 'application/zstd' }, headerOf(call.request, 'range'));
}

function appOf(id: string): string | undefined {
  try {
    return parseTarballName(id).name;
  } catch (error) {
    if (error instanceof TarballNameError) return undefined;
    throw error;
  }
}
