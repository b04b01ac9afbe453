import { randomInt } from 'node:crypto';
import { gatewayResources, type ProductResource } from '@gateway-engine/device-api';
import { AdminError } from './errors.ts';
import { NewProduct, Product, ProductList } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';
import { productView } from './views.ts';

export function addProductRoutes(server: AdminServer, { store }: AdminParts): void {
  server.get(
    '/products',
    {
      schema: { tags: ['products'], summary: 'All products', response: { 200: ProductList, ...failures } },
    },
    async () => ({ products: (await store.products()).map(productView) }),
  );

  server.post(
    '/products',
    {
      schema: {
        tags: ['products'],
        summary: 'Create a product; without an id it gets one',
        body: NewProduct,
        response: { 201: Product, ...failures },
      },
    },
    async (request, reply) => {
      const id = request.body.id ?? generateProductId();
      const resources = withGatewayResources(request.body.resources);
      return reply.code(201).send(productView(await store.createProduct({ id, resources })));
    },
  );
}

/** The six resources of every gateway, then the product's own. */
function withGatewayResources(own: readonly ProductResource[]): ProductResource[] {
  const resources = [...gatewayResources];
  for (const resource of own) {
    if (gatewayResources.some(({ alias }) => alias === resource.alias)) {
      const message = `every product has the resource ${resource.alias} already; leave it out`;
      throw new AdminError(400, 'BAD_REQUEST', message);
    }
    if (resources.some(({ alias }) => alias === resource.alias)) {
      throw new AdminError(400, 'BAD_REQUEST', `the resource ${resource.alias} is given twice; name it once`);
    }
    resources.push(resource);
  }
  return resources;
}

/** 16 lowercase letters and digits, a letter first: it also stands as the first label of a host name. */
function generateProductId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const pick = (from: string) => from.charAt(randomInt(from.length));
  return pick(letters) + Array.from({ length: 15 }, () => pick(`${letters}0123456789`)).join('');
}
