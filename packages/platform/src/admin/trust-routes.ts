import { limitsOfMetadata, sha256Of } from '@gateway-engine/app-package';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { onlineSigners } from '../trust/online-signing.ts';
import { TrustRefusal } from '../trust/refusal.ts';
import { AdminError } from './errors.ts';
import { findProduct } from './find.ts';
import { ProductId, Trust } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';

const productPath = z.object({ product: ProductId });
const rootPath = productPath.extend({ version: z.coerce.number().int().positive() });
/** As much of a metadata file as is shown. */
const Shown = z.object({ signed: z.object({ version: z.number(), expires: z.string() }) });

/** Routes by which developers see and replace what the gateways of a product trust. */
export function addTrustRoutes(server: AdminServer, parts: AdminParts): void {
  const { store, trust } = parts;

  const view = async (product: string): Promise<Trust> => {
    const signers = onlineSigners(await trust.keysToName(product));
    const keyView = ({ id, tuf }: (typeof signers)['snapshot']) => ({ keyid: id, key: tuf });
    const latest = async (role: 'root' | 'targets' | 'timestamp') => {
      const bytes = await store.trustFile(product, role);
      return bytes ? Shown.parse(JSON.parse(bytes.toString('utf8'))).signed : null;
    };
    const [first, root] = [await store.trustFile(product, 'root', 1), await latest('root')];
    return {
      online: { snapshot: keyView(signers.snapshot), timestamp: keyView(signers.timestamp) },
      root: first && root ? { ...root, sha256: sha256Of(first) } : null,
      targets: await latest('targets'),
      timestamp: await latest('timestamp'),
    };
  };

  server.get(
    '/products/:product/trust',
    {
      schema: {
        tags: ['trust'],
        summary: 'What the gateways of a product trust, and the keys of the platform that a root has to name',
        params: productPath,
        response: { 200: Trust, ...failures },
      },
    },
    async ({ params }) => view((await findProduct(store, params.product)).id),
  );

  server.get(
    '/products/:product/trust/root/:version',
    {
      schema: {
        tags: ['trust'],
        summary: 'A version of root.json, as it was signed',
        params: rootPath,
        response: { 200: z.unknown(), ...failures },
      },
    },
    async ({ params }, reply) => {
      const product = await findProduct(store, params.product);
      const bytes = await store.trustFile(product.id, 'root', params.version);
      if (!bytes) throw noTrust(`product ${product.id} has no version ${params.version} of a root`);
      return reply.type('application/json').send(bytes);
    },
  );

  for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
    server.get(
      `/products/:product/trust/${role}`,
      {
        schema: {
          tags: ['trust'],
          summary: `The latest ${role}.json, as it was signed`,
          params: productPath,
          response: { 200: z.unknown(), ...failures },
        },
      },
      async ({ params }, reply) => {
        const product = await findProduct(store, params.product);
        const bytes = await store.trustFile(product.id, role);
        if (!bytes) throw noTrust(`product ${product.id} has no signed ${role} yet; publish something`);
        return reply.type('application/json').send(bytes);
      },
    );
  }

  server.post(
    '/products/:product/trust/online-keys',
    {
      schema: {
        tags: ['trust'],
        summary:
          'Make other keys of the platform for a product; they are in force with the next root, which names them',
        params: productPath,
        response: { 201: Trust, ...failures },
      },
    },
    async ({ params }, reply) => {
      const product = await findProduct(store, params.product);
      await trust.renewKeys(product.id);
      return reply.code(201).send(await view(product.id));
    },
  );

  void server.register(async (scope) => {
    const uploads = scope.withTypeProvider<ZodTypeProvider>();
    // Signed byte for byte: nothing on the way may read it and write it anew.
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const putMetadata = (role: 'root' | 'targets', take: (product: string, bytes: Buffer) => Promise<void>) =>
      uploads.put(
        `/products/:product/trust/${role}`,
        {
          bodyLimit: limitsOfMetadata[role],
          schema: {
            tags: ['trust'],
            summary: `Upload the next ${role}.json, as it was signed`,
            params: productPath,
            body: z.instanceof(Uint8Array),
            response: { 201: Trust, ...failures },
          },
        },
        async ({ params, body }, reply) => {
          const product = await findProduct(store, params.product);
          await take(product.id, Buffer.from(body)).catch(refuse);
          return reply.code(201).send(await view(product.id));
        },
      );
    putMetadata('root', (product, bytes) => trust.addRoot(product, bytes));
    putMetadata('targets', (product, bytes) => trust.addTargets(product, bytes));
  });
}

function noTrust(message: string): AdminError {
  return new AdminError(404, 'NO_TRUST', message);
}

function refuse(error: unknown): never {
  if (!(error instanceof TrustRefusal)) throw error;
  if (error.code === 'MISSING') throw noTrust(error.message);
  const [status, code] =
    error.code === 'STALE' ? ([409, 'STALE'] as const) : ([400, 'BAD_METADATA'] as const);
  throw new AdminError(status, code, error.message, { cause: error });
}
