import { rm } from 'node:fs/promises';
import { limits } from '@gateway-engine/device-api';
import { makeDirectory, wholeSeconds } from '@gateway-engine/host';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { signedContent } from '../trust/signed-content.ts';
import { AdminError } from './errors.ts';
import { findProduct } from './find.ts';
import { receiveUpload } from './receive-upload.ts';
import { Content, ContentId, ContentList, ProductId } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';
import { contentView } from './views.ts';

const contentPath = z.object({ product: ProductId, id: ContentId });

export function addContentRoutes(server: AdminServer, parts: AdminParts): void {
  const { store, clock, uploadDirectory, contentLimitBytes = limits.contentBytes } = parts;

  server.addHook('onReady', () => makeDirectory(uploadDirectory, 0o700));

  server.get(
    '/products/:product/content',
    {
      schema: {
        tags: ['content'],
        summary: 'The files that devices of a product may download',
        params: z.object({ product: ProductId }),
        response: { 200: ContentList, ...failures },
      },
    },
    async ({ params }) => {
      const product = await findProduct(store, params.product);
      const isSigned = await signedContent(store, product.id);
      const contents = await store.contents(product.id);
      const { root } = await store.trustVersions(product.id);
      return {
        content: contents.map((content) => contentView(content, isSigned(content))),
        has_root: root > 0,
      };
    },
  );

  server.delete(
    '/products/:product/content/:id',
    {
      schema: {
        tags: ['content'],
        summary: 'Remove a file',
        params: contentPath,
        response: { 204: z.undefined(), ...failures },
      },
    },
    async ({ params }, reply) => {
      const product = await findProduct(store, params.product);
      if (!(await store.deleteContent(product.id, params.id))) {
        const message = `product ${product.id} has no content ${params.id}; list its content to see what it has`;
        throw new AdminError(404, 'NO_CONTENT', message);
      }
      return reply.code(204).send();
    },
  );

  void server.register(async (scope) => {
    const uploads = scope.withTypeProvider<ZodTypeProvider>();
    // The body is a file of any type and never held in memory: the handler reads the request itself.
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', (_request, _body, done) => done(null));
    uploads.put(
      '/products/:product/content/:id',
      {
        schema: {
          tags: ['content'],
          summary:
            'Upload a file: the body is its bytes, of any Content-Type; an older one of that id is replaced',
          params: contentPath,
          consumes: ['application/octet-stream'],
          body: z.unknown(),
          response: { 200: Content, 201: Content, ...failures },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const product = (await findProduct(store, request.params.product)).id;
        const replaced = (await store.content(product, id)) !== undefined;
        const received = await receiveUpload(request.raw, {
          directory: uploadDirectory,
          clock,
          limitBytes: contentLimitBytes,
        });
        try {
          const content = await store.putContent({
            product,
            id,
            contentType: request.headers['content-type'] ?? 'application/octet-stream',
            size: received.size,
            sha256: received.sha256,
            updated: wholeSeconds(clock),
            meta: '',
            file: received.file,
          });
          const isSigned = await signedContent(store, product);
          return reply.code(replaced ? 200 : 201).send(contentView(content, isSigned(content)));
        } finally {
          await rm(received.file, { force: true });
        }
      },
    );
  });
}
