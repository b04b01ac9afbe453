import { DeviceClient } from '@gateway-engine/device-client';
import { silentLogger, systemClock } from '@gateway-engine/host';
import { fetchPackage, type KeptVersion } from '../../src/ota/fetch-package.ts';
import type { TrustVerdict } from '../../src/trust/update-trust.ts';

export interface FetchJob {
  readonly server: string;
  readonly id: string;
  readonly trust: TrustVerdict;
  readonly kept: KeptVersion;
  readonly file: string;
}

/** Brings one package, as the engine does, in a process of its own: the job in JSON. */
const { server, file, ...wanted } = JSON.parse(process.argv[2] ?? '') as FetchJob;
const client = new DeviceClient({ server, cik: 'a'.repeat(40), accounting: false });
await fetchPackage(
  {
    client,
    product: { vendor: 'p', model: 'p' },
    deltas: { client, maximumBytes: 10_000_000 },
    budget: async () => ({ kind: 'may', left: Number.POSITIVE_INFINITY }),
    clock: systemClock,
    logger: silentLogger,
  },
  wanted,
  file,
  AbortSignal.timeout(60_000),
);
client.close();
