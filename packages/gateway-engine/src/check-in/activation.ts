import { maskKey } from '@gateway-engine/device-api';
import {
  changeGatewayCfg,
  DeviceApiError,
  type DeviceClient,
  readGatewayCfg,
} from '@gateway-engine/device-client';
import { describeError, type Logger } from '@gateway-engine/host';
import type { GatewayIdentity } from '../configuration/identity.ts';

/**
 * Obtains the gateway's key and writes it down. False when there is none now, with the reason in the log. A key that
 * the platform has refused is kept until there is another one: the refusal may be the platform's own mistake.
 */
export async function activate(
  parts: {
    readonly client: DeviceClient;
    readonly identity: GatewayIdentity;
    readonly gatewayCfg: string;
    readonly logger: Logger;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const { client, identity, gatewayCfg, logger } = parts;
  const configured = (await readGatewayCfg(gatewayCfg)).cik;
  if (configured !== undefined && configured !== client.cik) {
    logger.info({ cik: maskKey(configured) }, 'taking the CIK that was configured meanwhile');
    client.cik = configured;
    return true;
  }
  try {
    const cik = await client.activate(identity, { signal });
    await changeGatewayCfg(gatewayCfg, { cik });
    client.cik = cik;
    logger.info({ cik: maskKey(cik) }, 'activated');
    return true;
  } catch (error) {
    signal.throwIfAborted();
    logger.warn(`not activated: ${adviceFor(error, identity)}${describeError(error)}`);
    return false;
  }
}

function adviceFor(error: unknown, { model, serial }: GatewayIdentity): string {
  if (!(error instanceof DeviceApiError)) return '';
  const who = `serial number "${serial}" of product "${model}"`;
  if (error.status === 404) return `the platform does not know ${who}; add it there: `;
  if (error.status === 409) return `${who} is not open for activation; enable it again at the platform: `;
  return '';
}
