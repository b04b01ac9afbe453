import { withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import { ContentList } from '../admin/schemas.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { showBytes, showTime, table } from './output.ts';
import { uploadFile } from './upload-file.ts';

export function addContentCommands(program: Command): void {
  const content = program
    .command('content')
    .description('content: files that the devices of a product download');

  withExamples(content, [
    ['gwe-platform content upload pump sine.v2.tar.gz'],
    ['gwe-platform content list pump'],
  ]);

  const upload = content.command('upload');
  withConnection(
    upload
      .description('upload a file; its file name becomes its content id, an older one of that id is replaced')
      .argument('<product>', 'id of the product')
      .argument('<file>', 'path of the file'),
  ).action(async (product: string, file: string, options: ConnectionOptions) => {
    const { client, output } = connect(options);
    const uploaded = await uploadFile(client, product, file, process.stderr);
    output.show(uploaded, [
      `uploaded ${uploaded.id} (${showBytes(uploaded.size)}, sha256 ${uploaded.sha256}) to product ${product}`,
    ]);
  });
  withExamples(upload, [['gwe-platform content upload pump sine.v2.tar.gz']]);

  const remove = content.command('delete');
  withConnection(
    remove
      .description('remove an uploaded file; gateways that have it installed keep it')
      .argument('<product>', 'id of the product')
      .argument('<id>', 'content id: the file name under which it was uploaded'),
  ).action(async (product: string, id: string, options: ConnectionOptions) => {
    const { client, output } = connect(options);
    await client.delete(['products', product, 'content', id]);
    output.show({ deleted: id }, [`deleted ${id} from product ${product}`]);
  });
  withExamples(remove, [['gwe-platform content delete pump sine.v1.tar.gz']]);

  const list = content.command('list');
  withConnection(
    list.description('list the files of a product').argument('<product>', 'id of the product'),
  ).action(async (product: string, options: ConnectionOptions) => {
    const { client, output } = connect(options);
    const found = await client.get(ContentList, ['products', product, 'content']);
    const rows = found.content.map((file) => [
      file.id,
      showBytes(file.size),
      file.content_type,
      showTime(file.updated),
      file.signed ? 'yes' : 'no',
    ]);
    output.show(
      found,
      rows.length === 0
        ? [`no content yet; upload a file with: gwe-platform content upload ${product} FILE`]
        : table(['CONTENT', 'SIZE', 'TYPE', 'UPDATED', 'SIGNED'], rows),
    );
  });
  withExamples(list, [
    ['gwe-platform content list pump'],
    ['gwe-platform content list pump --json', 'for programs'],
  ]);
}
