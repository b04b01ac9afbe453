import { sha256Of } from '@gateway-engine/app-package';
import { systemClock, UsageError, wholeSeconds, writeDurably } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import { type ConnectionOptions, connect, withConnection } from '@gateway-engine/platform/connection';
import { Command } from 'commander';
import { type ChangedRoot, renewMetadata, rotateKey, rotateOnlineKeys } from '../developer/change-root.ts';
import { createKeys } from '../developer/create-keys.ts';
import { defaultKeysFolder, KeyFolder, productsIn } from '../developer/key-folder.ts';
import { listKeys } from '../developer/list-keys.ts';
import { dateOf } from '../developer/metadata-lives.ts';
import { askOnTerminal } from '../developer/passphrase.ts';
import { PlatformTrust } from '../developer/platform-trust.ts';
import { readSignedProduct } from '../developer/signed-product.ts';
import type { Console } from './configure.ts';
import { gweCommand } from './gwe-command.ts';

interface KeysOptions extends ConnectionOptions {
  readonly keys?: string;
  readonly rootSha256?: string;
}

const keysOption = ['--keys <folder>', 'folder of the keys (env: GWE_KEYS)'] as const;
const rootOption = [
  '--root-sha256 <hex>',
  'fingerprint of the root, where no copy of it is kept yet',
] as const;
const examples = `
Examples:
  gwe keys create demo
  gwe keys list
  gwe keys rotate demo targets
  gwe keys export-root demo --output root.json
The passphrase is asked for, or taken from GWE_KEY_PASSPHRASE.`;

/** `gwe keys`: a developer's signing keys, and who may sign for a product. */
export const keysCommand = gweCommand((_layout, console) => {
  const command = new Command('gwe keys')
    .description('signing keys of your products: they stay with you, sealed by a passphrase')
    .addHelpText('after', examples);
  addCreate(command, console);
  addList(command, console);
  addRotate(command, console);
  addRenew(command, console);
  addExportRoot(command, console);
  return command;
});

function addCreate(command: Command, console: Console): void {
  const create = command.command('create');
  withExamples(create, [
    ['gwe keys create demo'],
    ['gwe keys create demo --root-keys 3', 'two of which go into a safe'],
  ]);
  withConnection(create, 'print what was done as JSON')
    .description("make a product's keys and its root of trust")
    .argument('<product>', 'id of the product')
    .option(...keysOption)
    .option('--root-keys <n>', 'root keys, of which each suffices: put all but one in a safe', '1')
    .action(async (product: string, options: KeysOptions & { rootKeys: string }) => {
      const count = Number(options.rootKeys);
      if (!/^[1-5]$/.test(options.rootKeys)) throw new UsageError('--root-keys: 1 to 5');
      const parts = partsFor(product, options);
      const { fingerprint, keys, expires } = await createKeys(parts, count);
      if (options.json) return console.out(JSON.stringify({ product, fingerprint, keys, expires }, null, 2));
      console.out(
        `product ${product} has a root of trust, and gateways take nothing that these keys have not signed:`,
      );
      for (const { role, id, file } of keys) console.out(`  ${role.padEnd(7)}  ${id.slice(0, 12)}  ${file}`);
      console.out(`fingerprint of the root: ${fingerprint}`);
      console.out(`the root is good until ${dateOf(expires.root)}; gwe keys renew ${product} prolongs it`);
      console.out(`Copy ${parts.folder.path} to a safe place: what is lost, nobody can make again.`);
    });
}

function addList(command: Command, console: Console): void {
  const list = command.command('list');
  withExamples(list, [['gwe keys list'], ['gwe keys list demo --json', 'for programs']]);
  list
    .description('show the keys that are kept here; no platform is asked')
    .argument('[product]', 'id of the product; all without it')
    .option(...keysOption)
    .option('--json', 'as JSON')
    .action(async (product: string | undefined, options: KeysOptions) => {
      const keys = options.keys ?? defaultKeysFolder();
      const names = product === undefined ? await productsIn(keys) : [product];
      const lists = [];
      for (const name of names) lists.push(await listKeys(new KeyFolder(keys, name)));
      if (options.json) return console.out(JSON.stringify({ products: lists }, null, 2));
      if (lists.length === 0) console.out(`no keys in ${keys}; make some by gwe keys create PRODUCT`);
      for (const { product: id, fingerprint, root, keys: own } of lists) {
        const good = root ? `root ${root.version}, good until ${dateOf(root.expires)}` : 'no root yet';
        console.out(`${id}: ${good}${fingerprint ? `, fingerprint ${fingerprint}` : ''}`);
        for (const key of own) {
          const state = key.inForce ? 'in force' : 'not in force';
          console.out(
            `  ${key.role.padEnd(7)}  ${key.id.slice(0, 12)}  ${dateOf(key.created)}  ${state}  ${key.file}`,
          );
        }
      }
    });
}

function addRotate(command: Command, console: Console): void {
  const rotate = command.command('rotate');
  withExamples(rotate, [
    ['gwe keys rotate demo targets', 'a new key of yours signs releases'],
    ['gwe keys rotate demo online', 'a new key of the platform'],
  ]);
  withConnection(rotate, 'print what was done as JSON')
    .description('put a new key in the place of one: of yours, or of those that the platform holds (online)')
    .argument('<product>', 'id of the product')
    .argument('<role>', 'root, targets or online')
    .option('--key <id>', 'the key to replace, or how its id begins; needed when the role has several')
    .option(...keysOption)
    .option(...rootOption)
    .action(async (product: string, role: string, options: KeysOptions & { key?: string }) => {
      const parts = partsFor(product, options);
      const signed = await readSignedProduct(parts.folder, parts.platform, {
        now: parts.now,
        sha256: options.rootSha256,
        // With other keys of the platform, versions count anew.
        setBack: role === 'online',
      });
      if (role === 'online') return show(await rotateOnlineKeys(parts, signed), product, options, console);
      if (role !== 'root' && role !== 'targets')
        throw new UsageError(`${role}: a role is root, targets or online`);
      show(await rotateKey(parts, signed, role, options.key), product, options, console);
    });
}

function addRenew(command: Command, console: Console): void {
  const renew = command.command('renew');
  withExamples(renew, [['gwe keys renew demo']]);
  withConnection(renew, 'print what was done as JSON')
    .description('sign root and targets anew, before they expire, with the same keys')
    .argument('<product>', 'id of the product')
    .option(...keysOption)
    .option(...rootOption)
    .action(async (product: string, options: KeysOptions) => {
      const parts = partsFor(product, options);
      const signed = await readSignedProduct(parts.folder, parts.platform, {
        now: parts.now,
        sha256: options.rootSha256,
      });
      show(await renewMetadata(parts, signed), product, options, console);
    });
}

function addExportRoot(command: Command, console: Console): void {
  const exportRoot = command.command('export-root');
  withExamples(exportRoot, [
    ['gwe keys export-root demo --output root.json'],
    ['gwe keys export-root demo --json', 'its fingerprint, for a program'],
  ]);
  exportRoot
    .description('print the first root, which gateways pin, and its fingerprint')
    .argument('<product>', 'id of the product')
    .option(...keysOption)
    .option('-o, --output <file>', 'write the root to this file instead')
    .option('--json', 'as JSON, without the root itself')
    .action(async (product: string, options: KeysOptions & { output?: string }) => {
      const folder = new KeyFolder(options.keys ?? defaultKeysFolder(), product);
      const root = await folder.root(1);
      if (!root) throw new UsageError(`no root of product ${product} is kept in ${folder.path}`);
      const sha256 = sha256Of(root);
      if (options.output !== undefined) await writeDurably(options.output, root);
      if (options.json)
        return console.out(JSON.stringify({ product, sha256, file: options.output ?? null }, null, 2));
      // Without a line's end of its own: it is the file whose sha256 gateways pin.
      if (options.output === undefined) process.stdout.write(root);
      console.err(`fingerprint ${sha256}; pin it on a gateway by gwe --root-sha256 ${sha256}`);
    });
}

function partsFor(product: string, options: KeysOptions) {
  const { client } = connect(options);
  return {
    folder: new KeyFolder(options.keys ?? defaultKeysFolder(), product),
    platform: new PlatformTrust(client, product),
    ask: askOnTerminal,
    now: wholeSeconds(systemClock),
  };
}

function show(changed: ChangedRoot, product: string, options: KeysOptions, console: Console): void {
  if (options.json) {
    console.out(JSON.stringify({ product, ...changed }, undefined, 2));
    return;
  }
  console.out(
    `root ${changed.version} of product ${product} is in force, good until ${dateOf(changed.expires)}`,
  );
  if (changed.added) console.out(`  new key  ${changed.added.id.slice(0, 12)}  ${changed.added.file}`);
  if (changed.removed !== undefined) console.out(`  no longer in force: ${changed.removed.slice(0, 12)}`);
}
