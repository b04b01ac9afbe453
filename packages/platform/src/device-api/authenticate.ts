import { headers, isKey } from '@gateway-engine/device-api';
import { wholeSeconds } from '@gateway-engine/host';
import type { Device } from '../store/port.ts';
import { Refusal } from './answer.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';

/**
 * The device whose CIK a request carries, noted as heard of now. Refuses with 401 a missing or unknown key and that of
 * a device that is not activated, with 403 a locked one.
 */
export async function authenticate(parts: DeviceApiParts, call: Pick<Call, 'request'>): Promise<Device> {
  const cik = headerOf(call.request, headers.cik);
  if (cik === undefined || !isKey(cik)) throw new Refusal(401);
  const device = await parts.store.deviceByCik(cik);
  if (device?.status === 'locked') throw new Refusal(403);
  if (device?.status !== 'activated') throw new Refusal(401);
  await parts.store.touchDevice(device.rid, wholeSeconds(parts.clock));
  return device;
}
