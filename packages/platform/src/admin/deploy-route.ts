import { parseTarballName, problemOfAppName, TarballNameError } from '@gateway-engine/app-package';
import { formatEngineFetch, gatewayAliases } from '@gateway-engine/device-api';
import { z } from 'zod';
import { signedContent } from '../trust/signed-content.ts';
import { AdminError } from './errors.ts';
import { findResource } from './find.ts';
import { Deploy, DeployReply, ProductId, SerialNumber } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';
import type { ValueWriter } from './value-writer.ts';

export function addDeployRoute(server: AdminServer, { store }: AdminParts, values: ValueWriter): void {
  server.post(
    '/products/:product/devices/:sn/deploy',
    {
      schema: {
        tags: ['devices'],
        summary:
          'Tell a device to install these contents, in this order, and to remove or cancel these applications: writes engine_fetch',
        params: z.object({ product: ProductId, sn: SerialNumber }),
        body: Deploy,
        response: { 200: DeployReply, ...failures },
      },
    },
    async ({ params: { product, sn }, body: { install = [], remove = [], cancel = [] } }) => {
      const { device, resource } = await findResource(store, product, sn, gatewayAliases.engineFetch);
      const isSigned = await signedContent(store, product);
      const unsigned: string[] = [];
      for (const app of [...remove, ...cancel]) checkAppName(app);
      for (const id of install) {
        checkTarballName(id);
        const content = await store.content(product, id);
        if (content && !isSigned(content)) unsigned.push(id);
        if (content) continue;
        const message = `product ${product} has no content ${id}; upload it first (nothing was deployed)`;
        throw new AdminError(404, 'NO_CONTENT', message);
      }
      const written = await values.write(device, resource, formatEngineFetch({ install, remove, cancel }));
      const reply = { engine_fetch: written.value, ts: written.ts };
      const { root } = await store.trustVersions(product);
      return root > 0 && unsigned.length > 0 ? { ...reply, unsigned } : reply;
    },
  );
}

function checkAppName(app: string): void {
  const problem = problemOfAppName(app);
  if (problem === undefined) return;
  const message = `${JSON.stringify(app)} is no application's name: ${problem} (nothing was deployed)`;
  throw new AdminError(400, 'BAD_REQUEST', message);
}

/** A gateway would refuse it, long after the person who deploys it has left. */
function checkTarballName(id: string): void {
  try {
    parseTarballName(id);
  } catch (cause) {
    if (!(cause instanceof TarballNameError)) throw cause;
    throw new AdminError(400, 'BAD_REQUEST', `${cause.message} (nothing was deployed)`, { cause });
  }
}
