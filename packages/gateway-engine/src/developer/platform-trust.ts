import { type NewRoot, TufKey } from '@gateway-engine/app-package';
import { type Content, ContentList, Trust } from '@gateway-engine/platform/admin-api';
import { AdminApiError, type AdminClient } from '@gateway-engine/platform/admin-client';
import { uploadFile } from '@gateway-engine/platform/upload-file';

/** What a platform keeps of a product's signed metadata. Every call throws AdminApiError or UnreachableError. */
export class PlatformTrust {
  readonly product: string;
  readonly #client: AdminClient;

  constructor(client: AdminClient, product: string) {
    this.#client = client;
    this.product = product;
  }

  /** Where it stands; also makes the platform's own keys. */
  facts(): Promise<Trust> {
    return this.#client.get(Trust, this.#at());
  }

  /** Other keys of the platform, which are in force with the next root that names them. */
  newOnlineKeys(): Promise<Trust> {
    return this.#client.post(Trust, this.#at('online-keys'), {});
  }

  /** Undefined when there is none of that version. */
  root(version: number): Promise<Buffer | undefined> {
    return this.#file('root', String(version));
  }

  targets(): Promise<Buffer | undefined> {
    return this.#file('targets');
  }

  /** What the platform itself signs, as it is now; undefined before anything was published. */
  latest(role: 'snapshot' | 'timestamp'): Promise<Buffer | undefined> {
    return this.#file(role);
  }

  putRoot(bytes: Uint8Array): Promise<Trust> {
    return this.#put('root', bytes);
  }

  putTargets(bytes: Uint8Array): Promise<Trust> {
    return this.#put('targets', bytes);
  }

  async contents(): Promise<readonly Content[]> {
    return (await this.#client.get(ContentList, ['products', this.product, 'content'])).content;
  }

  upload(file: string, terminal: NodeJS.WriteStream): Promise<Content> {
    return uploadFile(this.#client, this.product, file, terminal);
  }

  #at(...rest: string[]): string[] {
    return ['products', this.product, 'trust', ...rest];
  }

  async #file(...rest: string[]): Promise<Buffer | undefined> {
    try {
      return Buffer.from(await this.#client.text(this.#at(...rest)));
    } catch (error) {
      if (error instanceof AdminApiError && error.reason === 'NO_TRUST') return undefined;
      throw error;
    }
  }

  #put(role: 'root' | 'targets', bytes: Uint8Array): Promise<Trust> {
    const body = { contentType: 'application/json', size: bytes.length, chunks: [bytes] };
    return this.#client.upload(Trust, this.#at(role), body);
  }
}

/** The keys of the platform that the next root has to name. */
export function onlineKeysOf({ online }: Trust): Pick<NewRoot['keys'], 'snapshot' | 'timestamp'> {
  return { snapshot: [TufKey.parse(online.snapshot.key)], timestamp: [TufKey.parse(online.timestamp.key)] };
}

/** Whether somebody else was quicker: what was sent does not follow on what is there. */
export function isStale(error: unknown): boolean {
  return error instanceof AdminApiError && error.reason === 'STALE';
}
