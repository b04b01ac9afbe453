import { systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { Command } from 'commander';
import { defaultKeysFolder, KeyFolder } from '../developer/key-folder.ts';
import { expiryNotice } from '../developer/metadata-lives.ts';
import { askOnTerminal } from '../developer/passphrase.ts';
import { signFiles } from '../developer/sign-files.ts';
import { gweCommand } from './gwe-command.ts';
import { onlyProduct } from './publish.ts';

const examples = `
Examples:
  gwe sign dist/release/SHA256SUMS
  gwe verify SHA256SUMS --root-sha256 HEX     where it is installed
The passphrase is asked for, or taken from GWE_KEY_PASSPHRASE. No platform is needed.`;

/** `gwe sign`: signs files that people download by hand, such as release packages. */
export const signCommand = gweCommand((_layout, console) =>
  new Command('gwe sign')
    .description("sign files by the key of a product's releases, each into FILE.sig; see gwe verify")
    .argument('<file...>', 'any file; SHA256SUMS stands for all that it lists')
    .option('--product <id>', 'the product; may be left out when there are keys of one product only')
    .option('--keys <folder>', 'folder of the keys (env: GWE_KEYS)')
    .option('--json', 'print what is signed as JSON')
    .addHelpText('after', examples)
    .action(async (files: string[], options: { product?: string; keys?: string; json?: boolean }) => {
      const keys = options.keys ?? defaultKeysFolder();
      const product = options.product ?? (await onlyProduct(keys));
      const repeated = files.find((file, index) => files.indexOf(file) !== index);
      if (repeated !== undefined) throw new UsageError(`${repeated} is named twice`);
      const now = wholeSeconds(systemClock);
      const folder = new KeyFolder(keys, product);
      const { signed, rootExpires } = await signFiles({ folder, ask: askOnTerminal, now }, files);
      const notice = expiryNotice(product, 'root', rootExpires, now);
      if (notice !== undefined) console.err(`warning: ${notice}`);
      if (options.json) {
        const all = signed.map(({ statement, signature }) => ({ ...statement, signature }));
        return console.out(JSON.stringify(all, undefined, 2));
      }
      for (const { statement, signature } of signed) {
        console.out(`${signature}: ${statement.file} of product ${product}, sha256 ${statement.sha256}`);
      }
    }),
);
