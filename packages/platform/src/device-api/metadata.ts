import { paths } from '@gateway-engine/device-api';
import type { TrustRole } from '../store/port.ts';
import { type Answer, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Call, DeviceApiParts } from './call.ts';

/** `GET /gateway-engine/v1/tuf/<file>`: a file of the signed metadata of the device's product, as it was signed. */
export async function metadataFile(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  const wanted = parseMetadataFile(call.path.slice(paths.tuf.length + 1));
  const body = wanted && (await parts.store.trustFile(device.product, wanted.role, wanted.version));
  if (!body) throw new Refusal(404);
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}

/** Names as TUF has them with consistent snapshots: the timestamp alone has no version in its name. */
export function parseMetadataFile(
  name: string,
): { readonly role: TrustRole; readonly version: number | undefined } | undefined {
  if (name === 'timestamp.json') return { role: 'timestamp', version: undefined };
  const match = /^([1-9]\d{0,14})\.(root|targets|snapshot)\.json$/.exec(name);
  return match ? { role: match[2] as TrustRole, version: Number(match[1]) } : undefined;
}
