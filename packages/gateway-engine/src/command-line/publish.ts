import { systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { type ConnectionOptions, connect, withConnection } from '@gateway-engine/platform/connection';
import { Command } from 'commander';
import { checkPackage } from '../developer/checked-package.ts';
import { defaultKeysFolder, KeyFolder, productsIn } from '../developer/key-folder.ts';
import { expiryNotice } from '../developer/metadata-lives.ts';
import { askOnTerminal } from '../developer/passphrase.ts';
import { PlatformTrust } from '../developer/platform-trust.ts';
import { type Published, publishTarballs } from '../developer/publish-tarballs.ts';
import type { Console } from './configure.ts';
import { gweCommand } from './gwe-command.ts';

interface PublishOptions extends ConnectionOptions {
  readonly keys?: string;
  readonly rootSha256?: string;
  readonly product?: string;
  readonly allowDowngradeFrom?: readonly string[];
  readonly withdraw?: readonly string[];
}

const examples = `
Examples:
  gwe publish sine.v2.tar.gz
  gwe publish sine.v1.tar.gz --allow-downgrade-from 2 2.1
  gwe publish --withdraw sine.v3.tar.gz
The passphrase is asked for, or taken from GWE_KEY_PASSPHRASE.`;

/** `gwe publish`: checks, uploads and signs tarballs, so that gateways may install them. */
export const publishCommand = gweCommand((_layout, console) =>
  withConnection(new Command('gwe publish'), 'print what is signed as JSON')
    .description("check tarballs, upload them to a product's content area, and sign them")
    .argument('[tarball...]', '<APP_NAME>.v<VERSION>.tar.gz, as gwe --build-app makes it')
    .option('--product <id>', 'the product; may be left out when there are keys of one product only')
    .option(
      '--allow-downgrade-from <version...>',
      'versions that gateways may go back from to this older release; "*": any; "": none',
    )
    .option('--withdraw <tarball...>', 'sign these no longer: no gateway installs them any more')
    .option('--keys <folder>', 'folder of the keys (env: GWE_KEYS)')
    .option('--root-sha256 <hex>', 'fingerprint of the root, where no copy of it is kept yet')
    .addHelpText('after', examples)
    .action((tarballs: string[], options: PublishOptions) => publish(tarballs, options, console)),
);

async function publish(
  tarballs: readonly string[],
  options: PublishOptions,
  console: Console,
): Promise<void> {
  const { allowDowngradeFrom, withdraw = [] } = options;
  if (tarballs.length === 0 && withdraw.length === 0) {
    throw new UsageError('name a tarball to publish; see gwe publish --help');
  }
  const packages = [];
  for (const file of tarballs) packages.push(await checkPackage(file));
  const { client } = connect(options);
  const keys = options.keys ?? defaultKeysFolder();
  const product = options.product ?? (await onlyProduct(keys));
  const now = wholeSeconds(systemClock);
  const published = await publishTarballs(
    {
      folder: new KeyFolder(keys, product),
      platform: new PlatformTrust(client, product),
      ask: askOnTerminal,
      terminal: process.stderr,
      now,
      sha256: options.rootSha256,
    },
    { packages, downgradeFrom: allowDowngradeFrom?.filter((version) => version !== ''), withdraw },
  );
  const notice = expiryNotice(product, 'root', published.product.root.expires, now);
  if (notice !== undefined) console.err(`warning: ${notice}`);
  show(published, product, options, console);
}

function show(published: Published, product: string, options: PublishOptions, console: Console): void {
  const { targets, uploaded, withdrawn, version, product: signed } = published;
  if (options.json) {
    const { fingerprint } = signed;
    const all = { product, version, fingerprint, targets, uploaded, withdrawn };
    console.out(JSON.stringify(all, undefined, 2));
    return;
  }
  for (const { path, length, sha256, custom } of targets) {
    const sent = uploaded.includes(path) ? `uploaded ${length} bytes` : 'was uploaded before';
    const down = custom.downgrade_from ? `, may replace ${custom.downgrade_from.join(', ')}` : '';
    console.out(`${path}: signed as release ${custom.release}${down}; ${sent}, sha256 ${sha256}`);
  }
  for (const path of withdrawn) console.out(`${path}: signed no longer`);
  console.out(`targets version ${version} of product ${product} is in force`);
}

/** The product that there are keys of. Throws UsageError when it is not one alone. */
export async function onlyProduct(keys: string): Promise<string> {
  const [product, ...others] = await productsIn(keys);
  if (product === undefined) {
    throw new UsageError(
      `there are no keys in ${keys}; make some by gwe keys create PRODUCT, or give --product`,
    );
  }
  if (others.length > 0) {
    throw new UsageError(
      `there are keys of several products (${[product, ...others].join(', ')}); give --product`,
    );
  }
  return product;
}
