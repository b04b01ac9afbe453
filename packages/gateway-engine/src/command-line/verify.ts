import { sha256Of } from '@gateway-engine/app-package';
import { readGatewayCfg } from '@gateway-engine/device-client';
import { systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { Command } from 'commander';
import { readEngineConfig } from '../configuration/engine-config.ts';
import { defaultKeysFolder, KeyFolder } from '../developer/key-folder.ts';
import { type TrustedRoot, verifyFile } from '../developer/verify-file.ts';
import type { HomeLayout } from '../home/layout.ts';
import { MetadataFiles, metadataFile } from '../trust/metadata-files.ts';
import { pinnedRoot } from '../trust/pinned-root.ts';
import { gweCommand } from './gwe-command.ts';

interface VerifyOptions {
  readonly rootSha256?: string;
  readonly keys?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  gwe verify SHA256SUMS                        with the files that it lists, as far as they are here
  gwe verify GatewayEngine.v0.1.0-linux-x64.tar.gz --root-sha256 HEX
Trusted is the root with that fingerprint, or else the one that this gateway is
configured with or has pinned, or else that of your own keys.`;

/** `gwe verify`: whether files are the ones that somebody with a product's key has signed. */
export const verifyCommand = gweCommand((layout, console) =>
  new Command('gwe verify')
    .description('verify files by the signatures that gwe sign has put beside them')
    .argument('<file...>', 'a file; its signature is FILE.sig')
    .option('--root-sha256 <hex>', "fingerprint of the product's root; gwe keys export-root shows it")
    .option('--keys <folder>', 'folder of your own keys (env: GWE_KEYS)')
    .option('--json', 'print what was verified as JSON')
    .addHelpText('after', examples)
    .action(async (files: string[], options: VerifyOptions) => {
      const verified = [];
      for (const file of files) {
        verified.push(await verifyFile(file, (product) => trustedRoot(product, layout, options)));
      }
      if (options.json) return console.out(JSON.stringify(verified, undefined, 2));
      for (const { file, product, signedAt, listed } of verified) {
        const date = new Date(signedAt * 1000).toISOString().replace('.000', '');
        console.out(`${file}: signed for product ${product} at ${date}`);
        for (const name of listed) console.out(`${name}: as listed`);
      }
    }),
);

async function trustedRoot(
  product: string,
  layout: HomeLayout,
  { rootSha256, keys = defaultKeysFolder() }: VerifyOptions,
): Promise<TrustedRoot> {
  if (rootSha256 !== undefined && !/^[0-9a-f]{64}$/i.test(rootSha256)) {
    throw new UsageError('--root-sha256: 64 hexadecimal digits, as gwe keys export-root shows them');
  }
  const configured = await configuredRoot(product, layout);
  const pinned = pinnedRoot(layout, product);
  // As for updates: what was pinned before another root was configured counts no longer.
  const pin = configured === undefined || configured === pinned?.sha256 ? pinned : undefined;
  const folder = new KeyFolder(keys, product);
  const own = await folder.root(1);
  const sha256 = rootSha256?.toLowerCase() ?? configured ?? pin?.sha256 ?? (own && sha256Of(own));
  if (sha256 === undefined) {
    throw new UsageError(
      `no root of product ${product} is known here; give its fingerprint by --root-sha256 (gwe keys export-root ${product} shows it)`,
    );
  }
  const ofGateway = pin?.sha256 === sha256 ? new MetadataFiles(layout.tuf) : undefined;
  const ofDeveloper = own && sha256Of(own) === sha256 ? folder : undefined;
  return {
    sha256,
    now: Math.max(wholeSeconds(systemClock), ofGateway ? (pin?.provenTime ?? 0) : 0),
    knownRoot: async (version) =>
      (await ofGateway?.read(metadataFile('root', version))) ?? (await ofDeveloper?.root(version)),
  };
}

/** The fingerprint in Engine.config, which is of the root of this gateway's own product. */
async function configuredRoot(product: string, layout: HomeLayout): Promise<string | undefined> {
  const { model } = await readGatewayCfg(layout.gatewayCfg);
  return model === product ? (await readEngineConfig(layout)).ota.rootSha256 : undefined;
}
