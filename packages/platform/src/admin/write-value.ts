import { wholeSeconds } from '@gateway-engine/host';
import { acceptPoints, UnfitValueError } from '../device-api/accept-points.ts';
import type { Device, Resource } from '../store/port.ts';
import { AdminError } from './errors.ts';
import type { Value } from './schemas.ts';
import type { AdminParts } from './server.ts';

/**
 * Writes a value to a resource at the present second, by the same road as a device's own writes: converted to the
 * resource's format, stored, and told to whoever waits for it. Answers with the value as stored.
 */
export async function writeValue(
  parts: AdminParts,
  device: Device,
  resource: Resource,
  value: string,
): Promise<Value> {
  const offered = { alias: resource.alias, ts: wholeSeconds(parts.clock), value };
  const [stored] = await acceptPoints(parts, device, [offered]).catch((cause: unknown) => {
    if (!(cause instanceof UnfitValueError)) throw cause;
    throw new AdminError(400, 'BAD_VALUE', `${cause.message}; nothing was written`, { cause });
  });
  if (stored) return { value: stored.value, ts: stored.ts };
  // A device may clear a number whose format it does not know and is not told; a person is.
  const message = `the value for ${resource.alias} is empty, but its format ${resource.format} needs a number; nothing was written`;
  throw new AdminError(400, 'BAD_VALUE', message);
}
