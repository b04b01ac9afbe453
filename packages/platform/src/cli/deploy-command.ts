import { problemOfAppName } from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import { ContentId, DeployReply } from '../admin/schemas.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';

export function addDeployCommand(program: Command): void {
  const deploy = program.command('deploy');
  withExamples(deploy, [
    ['gwe-platform deploy pump gw-7 sine.v2.tar.gz'],
    ['gwe-platform deploy pump gw-7 base.v3.tar.gz sine.v2.tar.gz', 'in this order'],
  ]);
  withConnection(
    deploy
      .description('tell a device to install tarballs that were uploaded before, in this order')
      .argument('<product>', 'id of the product')
      .argument('<sn>', 'serial number of the device')
      .argument('<tarball...>', 'content ids: the file names under which the tarballs were uploaded'),
  ).action(async (product: string, sn: string, tarballs: string[], options: ConnectionOptions) => {
    const { client, output } = connect(options);
    for (const tarball of tarballs) checkContentId(product, tarball);
    const reply = await client.post(DeployReply, ['products', product, 'devices', sn, 'deploy'], {
      install: tarballs,
    });
    output.show(reply, [
      `told device ${sn} to install ${tarballs.join(', ')}`,
      ...(reply.unsigned ? [refusedText(reply.unsigned)] : []),
      followText(product, sn),
    ]);
  });
}

/** `undeploy` and `cancel`: what a device is told about applications by their names. */
export function addAppCommands(program: Command): void {
  for (const { command, key, description, told } of appCommands) {
    const word = program.command(command);
    withExamples(word, [[`gwe-platform ${command} pump gw-7 sine`]]);
    withConnection(
      word
        .description(description)
        .argument('<product>', 'id of the product')
        .argument('<sn>', 'serial number of the device')
        .argument('<app...>', 'names of applications, without their versions'),
    ).action(async (product: string, sn: string, apps: string[], options: ConnectionOptions) => {
      const { client, output } = connect(options);
      for (const app of apps) checkAppName(app);
      const path = ['products', product, 'devices', sn, 'deploy'];
      const reply = await client.post(DeployReply, path, { [key]: apps });
      output.show(reply, [`told device ${sn} to ${told(apps.join(', '))}`, followText(product, sn)]);
    });
  }
}

const appCommands = [
  {
    command: 'undeploy',
    key: 'remove',
    description: 'tell a device to remove applications',
    told: (apps: string) => `remove ${apps}`,
  },
  {
    command: 'cancel',
    key: 'cancel',
    description: 'tell a device to stop installs of applications that are under way or wait',
    told: (apps: string) => `cancel what is under way for ${apps}`,
  },
] as const;

function followText(product: string, sn: string): string {
  return `follow it with: gwe-platform device read ${product} ${sn} fetch_status`;
}

function refusedText(unsigned: readonly string[]): string {
  const they = unsigned.length === 1 ? 'it is' : 'they are';
  return `a gateway that has pinned the product's root refuses ${unsigned.join(', ')}: ${they} not signed; sign with: gwe publish ${unsigned.join(' ')}`;
}

/** Somebody who has deployed a tarball is likely to name it here as well. */
function checkAppName(app: string): void {
  const problem = problemOfAppName(app);
  if (problem !== undefined)
    throw new UsageError(`${JSON.stringify(app)} is no application's name: ${problem}`);
}

function checkContentId(product: string, tarball: string): void {
  if (tarball.includes('/')) {
    throw new UsageError(
      `${tarball} is a path; upload it with "gwe-platform content upload ${product} ${tarball}", then deploy it by its file name`,
    );
  }
  const checked = ContentId.safeParse(tarball);
  if (!checked.success) {
    throw new UsageError(`"${tarball}" is no uploaded file: ${checked.error.issues[0]?.message}`);
  }
}
