import { resolve } from 'node:path';
import { systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { type ConnectionOptions, connect, withConnection } from '@gateway-engine/platform/connection';
import { Command } from 'commander';
import { mostPackages } from '../bundle/bundle-form.ts';
import { defaultKeysFolder, KeyFolder } from '../developer/key-folder.ts';
import { makeBundle } from '../developer/make-bundle.ts';
import { PlatformTrust } from '../developer/platform-trust.ts';
import { gweCommand } from './gwe-command.ts';
import { onlyProduct } from './publish.ts';

interface BundleOptions extends ConnectionOptions {
  readonly output?: string;
  readonly keys?: string;
  readonly rootSha256?: string;
  readonly product?: string;
}

const examples = `
Example:
  gwe bundle sine.v2.tar.gz pump.v7.tar.gz -o pump-2026-11.bundle.tar.gz
  gwe install /media/usb/pump-2026-11.bundle.tar.gz     on the gateway

The tarballs must be published. No key is needed: the bundle takes their signatures along.`;

/** `gwe bundle`: one file for gateways without a network. */
export const bundleCommand = gweCommand((_layout, console) =>
  withConnection(new Command('gwe bundle'))
    .description('pack published tarballs and their signed metadata into one file, for a stick')
    .argument('<tarball...>', '<APP_NAME>.v<VERSION>.tar.gz, as it was published')
    .option('-o, --output <file>', 'the file to write; <PRODUCT>.bundle.tar.gz unless given')
    .option('--product <id>', 'the product; may be left out when there are keys of one product only')
    .option('--keys <folder>', 'folder of the keys, for the root that is kept there (env: GWE_KEYS)')
    .option('--root-sha256 <hex>', 'fingerprint of the root, where no copy of it is kept yet')
    .addHelpText('after', examples)
    .action(async (tarballs: string[], options: BundleOptions) => {
      const repeated = tarballs.find((file, index) => tarballs.indexOf(file) !== index);
      if (repeated !== undefined) throw new UsageError(`${repeated} is named twice`);
      if (tarballs.length > mostPackages) {
        throw new UsageError(`a bundle has ${mostPackages} packages at most; make several`);
      }
      const { client } = connect(options);
      const keys = options.keys ?? defaultKeysFolder();
      const product = options.product ?? (await onlyProduct(keys));
      const target = resolve(options.output ?? `${product}.bundle.tar.gz`);
      await makeBundle(
        {
          folder: new KeyFolder(keys, product),
          platform: new PlatformTrust(client, product),
          now: wholeSeconds(systemClock),
          sha256: options.rootSha256,
        },
        tarballs,
        target,
      );
      console.out(options.json ? JSON.stringify({ product, bundle: target }) : target);
    }),
);
