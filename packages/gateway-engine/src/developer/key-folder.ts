import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type KeyFacts,
  KeyFileError,
  openKey,
  readKeyFacts,
  type SigningKey,
  sealKey,
} from '@gateway-engine/app-package';
import { makeDirectory, readTextIfPresent, UsageError, writeDurably } from '@gateway-engine/host';

/** Where a developer's keys are unless GWE_KEYS says otherwise: a folder for each product. */
export function defaultKeysFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.GWE_KEYS) return environment.GWE_KEYS;
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'gateway-engine', 'keys');
}

/** The products that have keys in it. */
export async function productsIn(keys: string): Promise<string[]> {
  const products: string[] = [];
  for (const name of await namesIn(keys)) {
    if ((await namesIn(join(keys, name))).some((file) => keyFile.test(file))) products.push(name);
  }
  return products;
}

const keyFile = /^(?:root|targets)-[0-9a-f]+\.key$/;

/** Nothing in what is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

export interface StoredKey extends KeyFacts {
  readonly file: string;
}

/**
 * A product's folder on a developer's machine: a file for each key, sealed by a passphrase, and what was seen of the
 * product's metadata. The first root in it is what this developer trusts, whatever a platform says.
 */
export class KeyFolder {
  readonly product: string;
  readonly path: string;

  readonly #cost: number | undefined;

  /** `cost`: what each guess at a passphrase costs; scrypt's N. */
  constructor(keys: string, product: string, cost?: number) {
    if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(product)) {
      throw new UsageError(`"${product}" is no id of a product: letters, digits, hyphens, dots, underscores`);
    }
    this.product = product;
    this.path = join(keys, product);
    this.#cost = cost;
  }

  /** The keys here, oldest first. Throws UsageError for a file that is damaged or another product's. */
  async keys(): Promise<StoredKey[]> {
    const keys: StoredKey[] = [];
    for (const name of await namesIn(this.path)) {
      if (!keyFile.test(name)) continue;
      const file = join(this.path, name);
      try {
        keys.push({ ...readKeyFacts(await readFile(file, 'utf8')), file });
      } catch (cause) {
        if (!(cause instanceof KeyFileError)) throw cause;
        throw new UsageError(`${file}: ${cause.message}; bring it back from a copy`, { cause });
      }
    }
    const foreign = keys.find((key) => key.product !== this.product);
    if (foreign)
      throw new UsageError(`${foreign.file} is a key of product ${foreign.product}; move it there`);
    return keys.sort((one, other) => one.created - other.created);
  }

  /** Seals a new key and puts it on the disk, before anybody else hears of it. */
  async addKey(
    key: SigningKey,
    role: KeyFacts['role'],
    passphrase: string,
    created: number,
  ): Promise<StoredKey> {
    await makeDirectory(this.path, 0o700);
    const file = join(this.path, `${role}-${key.id.slice(0, 12)}.key`);
    const text = await sealKey(key, { product: this.product, role, created }, passphrase, this.#cost);
    await writeDurably(file, text, { mode: 0o600 });
    return { ...readKeyFacts(text), file };
  }

  /** Throws KeyFileError. */
  async openKey({ file }: StoredKey, passphrase: string): Promise<SigningKey> {
    return await openKey(await readFile(file, 'utf8'), passphrase);
  }

  async root(version: number): Promise<Buffer | undefined> {
    return await this.#read(`${version}.root.json`);
  }

  async keepRoot(version: number, bytes: Uint8Array): Promise<void> {
    await this.#keep(`${version}.root.json`, bytes);
  }

  /** The latest targets that were seen from here. */
  async targets(): Promise<Buffer | undefined> {
    return await this.#read('targets.json');
  }

  async keepTargets(bytes: Uint8Array): Promise<void> {
    await this.#keep('targets.json', bytes);
  }

  async #read(name: string): Promise<Buffer | undefined> {
    const text = await readTextIfPresent(join(this.path, name));
    return text === undefined ? undefined : Buffer.from(text);
  }

  async #keep(name: string, bytes: Uint8Array): Promise<void> {
    await makeDirectory(this.path, 0o700);
    await writeDurably(join(this.path, name), bytes);
  }
}
