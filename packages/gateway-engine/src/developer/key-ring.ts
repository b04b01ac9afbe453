import { type KeyFacts, KeyFileError, type RoleKeys, type SigningKey } from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import type { KeyFolder, StoredKey } from './key-folder.ts';
import { type AskSecret, passphraseOf } from './passphrase.ts';

/** Opens keys of a folder, each once, and asks for a passphrase only where one that served before does not. */
export class KeyRing {
  readonly #folder: KeyFolder;
  readonly #ask: AskSecret;
  readonly #open = new Map<string, SigningKey>();
  #served: string | undefined;

  constructor(folder: KeyFolder, ask: AskSecret) {
    this.#folder = folder;
    this.#ask = ask;
  }

  /** The keys of a role that are in force and are here. */
  async here(role: KeyFacts['role'], inForce: RoleKeys): Promise<StoredKey[]> {
    const keys = await this.#folder.keys();
    return keys.filter((key) => key.role === role && inForce.keys.has(key.id));
  }

  /** As many keys as a role's signature takes. Throws UsageError. */
  async signers(role: KeyFacts['role'], inForce: RoleKeys): Promise<SigningKey[]> {
    const here = await this.here(role, inForce);
    if (here.length < inForce.threshold) {
      const wanted = Array.from(inForce.keys.keys(), (id) => id.slice(0, 12)).join(', ');
      throw new UsageError(
        `signing takes ${inForce.threshold} ${role} key of product ${this.#folder.product} (${wanted}), and ${this.#folder.path} has ${here.length}; bring the key file there`,
      );
    }
    const signers: SigningKey[] = [];
    for (const key of here.slice(0, inForce.threshold)) signers.push(await this.open(key));
    return signers;
  }

  /** Throws UsageError when the passphrase is not that of the key. */
  async open(key: StoredKey): Promise<SigningKey> {
    const already = this.#open.get(key.id);
    if (already) return already;
    const opened = (await this.#openByServed(key)) ?? (await this.#openByAsking(key));
    this.#open.set(key.id, opened);
    return opened;
  }

  async #openByServed(key: StoredKey): Promise<SigningKey | undefined> {
    if (this.#served === undefined) return undefined;
    try {
      return await this.#folder.openKey(key, this.#served);
    } catch (error) {
      if (error instanceof KeyFileError && error.code === 'PASSPHRASE') return undefined;
      throw error;
    }
  }

  async #openByAsking(key: StoredKey): Promise<SigningKey> {
    const passphrase = await passphraseOf(key, this.#ask);
    try {
      const opened = await this.#folder.openKey(key, passphrase);
      this.#served = passphrase;
      return opened;
    } catch (cause) {
      if (!(cause instanceof KeyFileError)) throw cause;
      throw new UsageError(`${key.file}: ${cause.message}`, { cause });
    }
  }
}
