import { UsageError } from '@gateway-engine/host';
import type { Command } from 'commander';
import { DeployReply } from '../admin/schemas.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';

export function addDeployCommand(program: Command): void {
  withConnection(
    program
      .command('deploy')
      .description('tell a device to install tarballs that were uploaded before, in this order')
      .argument('<product>', 'id of the product')
      .argument('<sn>', 'serial number of the device')
      .argument('<tarball...>', 'content ids: the file names under which the tarballs were uploaded'),
  ).action(async (product: string, sn: string, tarballs: string[], options: ConnectionOptions) => {
    const { client, output } = connect(options);
    const path = tarballs.find((tarball) => tarball.includes('/'));
    if (path !== undefined) {
      throw new UsageError(
        `${path} is a path; upload it with "gwe-platform content upload ${product} ${path}", then deploy it by its file name`,
      );
    }
    const reply = await client.post(DeployReply, ['products', product, 'devices', sn, 'deploy'], {
      install: tarballs,
    });
    output.show(reply, [
      `told device ${sn} to install ${tarballs.join(', ')}`,
      `follow it with: gwe-platform device read ${product} ${sn} fetch_status`,
    ]);
  });
}
