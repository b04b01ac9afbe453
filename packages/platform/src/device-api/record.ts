import { paths } from '@gateway-engine/device-api';
import { wholeSeconds } from '@gateway-engine/host';
import { type Answer, noContent, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Call, DeviceApiParts } from './call.ts';
import { readDataForm, requireFormType } from './read-form.ts';
import { parseRecordForm } from './record-form.ts';
import { acceptOrRefuse } from './values.ts';

/** `POST stack/record`, and the older `POST stack/alias/<alias>` (spec section 3.5). */
export async function recordPoints(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  requireFormType(call.request);
  const alias = aliasInPath(call.path);
  const form = await readDataForm(call, parts.clock);
  const record = parseRecordForm(form, wholeSeconds(parts.clock), alias);
  if ('malformed' in record) throw new Refusal(400);
  if ('conflict' in record) return { status: 409, body: record.conflict };
  await acceptOrRefuse(parts, device, record.points);
  return noContent;
}

function aliasInPath(path: string): string | undefined {
  if (path === paths.record) return undefined;
  try {
    return decodeURIComponent(path.slice(paths.alias.length + 1));
  } catch {
    throw new Refusal(400);
  }
}
