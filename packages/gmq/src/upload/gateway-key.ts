import { join } from 'node:path';
import type { VendorModelSerial } from '@gateway-engine/device-api';
import { type GatewayCfg, readGatewayCfg } from '@gateway-engine/device-client';
import { describeError, gatewayHome, type Logger } from '@gateway-engine/host';

/** Where the engine keeps who the gateway is. */
export function gatewayCfgFile(home = gatewayHome()): string {
  return join(home, 'etc', 'Gateway.cfg');
}

/**
 * The key of a device that is the gateway itself, from Gateway.cfg; undefined for any other device, and while the
 * gateway has no key. A file that cannot be read is said in the log and taken for none.
 */
export async function gatewayKey(
  file: string,
  device: VendorModelSerial,
  logger: Logger,
): Promise<string | undefined> {
  let gateway: GatewayCfg;
  try {
    gateway = await readGatewayCfg(file);
  } catch (error) {
    logger.warn(`cannot tell whether ${device.serial} is this gateway: ${describeError(error)}`);
    return undefined;
  }
  const { vendor, model, uuid, cik } = gateway;
  return vendor === device.vendor && model === device.model && uuid === device.serial ? cik : undefined;
}
