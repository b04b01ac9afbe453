import { changeGatewayCfg, type GatewayCfg, readGatewayCfg } from '@gateway-engine/device-client';
import { UsageError } from '@gateway-engine/host';
import { ConfigurationError } from './config-error.ts';
import { macAddress } from './network-interfaces.ts';

const noIdentity = 255;

/** Who the gateway is to the platform. */
export interface GatewayIdentity {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  readonly cik: string | undefined;
}

/**
 * The identity for a start of the engine: the serial number is `uuid`, else the MAC address of `iface`, which is then
 * written down as `uuid`. Throws ConfigurationError with the documented exit status when there is none.
 */
export async function settleIdentity(
  file: string,
  macOf: (name: string) => Promise<string> = macAddress,
): Promise<GatewayIdentity> {
  const cfg = await readGatewayCfg(file);
  const { vendor, model } = cfg;
  if (vendor === undefined || model === undefined) {
    throw new ConfigurationError(`${file} has no product; run gwe --set-product-id PRODUCT_ID`, {
      exitCode: noIdentity,
    });
  }
  const serial = cfg.uuid ?? (await serialOfInterface(file, cfg, macOf));
  return { vendor, model, serial, cik: cfg.cik };
}

async function serialOfInterface(
  file: string,
  cfg: GatewayCfg,
  macOf: (name: string) => Promise<string>,
): Promise<string> {
  if (cfg.iface === undefined) {
    throw new ConfigurationError(
      `${file} has no serial number; run gwe --set-iface IFACE or gwe --set-uuid UUID`,
      { exitCode: noIdentity },
    );
  }
  let serial: string;
  try {
    serial = await macOf(cfg.iface);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new ConfigurationError(`no serial number from iface in ${file}`, { cause, exitCode: noIdentity });
  }
  await changeGatewayCfg(file, { uuid: serial });
  return serial;
}
