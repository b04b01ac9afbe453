import { UsageError } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import { Product, ProductId, ProductList, Resource } from '../admin/schemas.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { showTime, table } from './output.ts';

export function addProductCommands(program: Command): void {
  const product = program.command('product').description('products: kinds of gateways');

  withExamples(product, [['gwe-platform product create pump'], ['gwe-platform product list']]);

  const create = product.command('create');
  withConnection(
    create
      .description('create a product; without an ID the platform makes one up')
      .argument('[id]', '1 to 64 of A-Z a-z 0-9 . _ -')
      .option(
        '--resource <alias:format>',
        "a resource of its devices beside those of every gateway; format: string, integer or float; add ':settable' when the platform's side writes it; repeatable",
        (text: string, earlier: Resource[] = []) => [...earlier, parseResource(text)],
      ),
  ).action(async (id: string | undefined, options: ConnectionOptions & { resource?: Resource[] }) => {
    const { client, output } = connect(options);
    const checked = ProductId.optional().safeParse(id);
    if (!checked.success) throw new UsageError(`"${id}" cannot be used: ${checked.error.issues[0]?.message}`);
    const body = { ...(id !== undefined && { id }), resources: options.resource ?? [] };
    const created = await client.post(Product, ['products'], body);
    output.show(created, [`created product ${created.id} with ${created.resources.length} resources`]);
  });
  withExamples(create, [
    ['gwe-platform product create pump'],
    ['gwe-platform product create pump --resource temperature:float --resource speed:integer:settable'],
  ]);

  const list = product.command('list').description('list the products');
  withExamples(list, [['gwe-platform product list'], ['gwe-platform product list --json', 'for programs']]);
  withConnection(list).action(async (options: ConnectionOptions) => {
    const { client, output } = connect(options);
    const found = await client.get(ProductList, ['products']);
    const rows = found.products.map(({ id, devices, resources, created }) => [
      id,
      String(devices),
      String(resources.length),
      showTime(created),
    ]);
    output.show(
      found,
      rows.length === 0
        ? ['no products yet; create one with: gwe-platform product create ID']
        : table(['PRODUCT', 'DEVICES', 'RESOURCES', 'CREATED'], rows),
    );
  });
}

function parseResource(text: string): Resource {
  const [, alias, format, settable] = /^(.+?):([a-z]+)(:settable)?$/.exec(text) ?? [];
  const parsed = Resource.safeParse({ alias, format, settable: settable !== undefined });
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `--resource ${text}: expected ALIAS:FORMAT with the format string, integer or float, for instance temperature:float`,
  );
}
