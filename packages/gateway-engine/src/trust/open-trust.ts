import type { DatabaseSync } from 'node:sqlite';
import type { DeviceClient, Verdict } from '@gateway-engine/device-client';
import type { Clock, Logger } from '@gateway-engine/host';
import type { OtaConfig } from '../configuration/ota-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { GatewayTrust } from './gateway-trust.ts';
import { MetadataFiles } from './metadata-files.ts';
import { platformSource } from './platform-source.ts';
import { TrustRecords } from './trust-records.ts';

/** The trust of a gateway's home, for its engine or for a command. */
export function openTrust(parts: {
  readonly layout: Pick<HomeLayout, 'tuf'>;
  readonly database: DatabaseSync;
  /** Undefined: the gateway has none yet. */
  readonly product: string | undefined;
  readonly ota: Pick<OtaConfig, 'verify' | 'rootSha256'>;
  /** Undefined where only files are installed. */
  readonly platform:
    | { readonly client: Pick<DeviceClient, 'metadata'>; readonly budget: () => Promise<Verdict> }
    | undefined;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly logger: Logger;
}): GatewayTrust {
  const { layout, database, product = '', ota, platform, clock, logger } = parts;
  return new GatewayTrust({
    product,
    source: platform && platformSource(platform.client, platform.budget),
    verify: ota.verify,
    rootSha256: ota.rootSha256,
    records: new TrustRecords(database),
    files: new MetadataFiles(layout.tuf),
    clock,
    logger,
  });
}
