import { wholeSeconds } from '@gateway-engine/host';
import { newKey } from '../store/secrets.ts';
import { type Answer, Refusal } from './answer.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';
import { readForm } from './read-form.ts';

/** Anyone may send this call: its body is a few short fields and may not be more. */
const bodyBytes = 8 * 1024;

/** `POST /provision/activate` (spec section 5.1). */
export async function activate(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const form = new Map(await readForm(call, parts.clock, bodyBytes));
  const identity = identify(form, headerOf(call.request, 'host'));
  if (!identity) throw new Refusal(400);
  // A vendor is a maker of one product so far, by the product's name (spec section 7).
  if (identity.vendor !== identity.model) throw new Refusal(404);
  const cik = newKey();
  const request = { product: identity.model, sn: identity.sn, cik, now: wholeSeconds(parts.clock) };
  const outcome = await parts.store.activate(request);
  if (outcome !== 'activated') throw new Refusal(outcome === 'unknown' ? 404 : 409);
  parts.logger.info({ product: identity.model, sn: identity.sn }, 'device activated');
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: cik };
}

/** Who wants to be activated: `vendor`, `model` and `sn`, or `id` alone with the product in the host's first label. */
function identify(
  form: ReadonlyMap<string, string | undefined>,
  host: string | undefined,
): { vendor: string; model: string; sn: string } | undefined {
  const [vendor, model, sn, id] = ['vendor', 'model', 'sn', 'id'].map((name) => form.get(name) || undefined);
  if (vendor !== undefined && model !== undefined && sn !== undefined) return { vendor, model, sn };
  if (id === undefined || vendor !== undefined || model !== undefined || sn !== undefined) return undefined;
  const product = host?.split(/[.:]/, 1)[0];
  return product ? { vendor: product, model: product, sn: id } : undefined;
}
