import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrustedMetadata, type VersionFloor } from '@gateway-engine/app-package';
import { silentLogger, systemClock, wholeSeconds } from '@gateway-engine/host';
import { type RunningPlatform, serve } from '@gateway-engine/platform';
import { AdminClient } from '@gateway-engine/platform/admin-client';
import { rawTarball, temporaryFolder } from '@gateway-engine/testkit';
import { checkPackage } from '../../src/developer/checked-package.ts';
import { KeyFolder } from '../../src/developer/key-folder.ts';
import { PlatformTrust } from '../../src/developer/platform-trust.ts';
import { type Publication, publishTarballs } from '../../src/developer/publish-tarballs.ts';
import { readSignedProduct } from '../../src/developer/signed-product.ts';

export const passphrase = 'correct horse battery';

/** A real platform, which the developers of a file's tests share. */
export class DevelopersPlatform implements AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly client: AdminClient;
  readonly folder: { readonly path: string } & AsyncDisposable;
  readonly #stop: () => Promise<void>;
  #products = 0;

  private constructor(
    folder: { readonly path: string } & AsyncDisposable,
    platform: RunningPlatform,
    token: string,
  ) {
    this.folder = folder;
    this.url = platform.url;
    this.token = token;
    this.client = new AdminClient({ url: new URL(platform.url), token });
    this.#stop = () => platform.stop();
  }

  static async start(): Promise<DevelopersPlatform> {
    const folder = await temporaryFolder();
    const dataDirectory = join(folder.path, 'platform');
    const listen = { host: '127.0.0.1', port: 0 };
    const platform = await serve({ dataDirectory, listen, logger: silentLogger });
    const { token } = JSON.parse(await readFile(join(dataDirectory, 'admin.json'), 'utf8'));
    return new DevelopersPlatform(folder, platform, token);
  }

  async newProduct(): Promise<string> {
    const id = `demo${++this.#products}`;
    await this.client.post({ parse: () => undefined }, ['products'], { id });
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** A developer with a product of the platform, of which nothing is signed yet. */
export class DeveloperKit {
  readonly product: string;
  readonly path: string;
  readonly platform: PlatformTrust;
  readonly #at: DevelopersPlatform;
  #cik: string | undefined;

  private constructor(at: DevelopersPlatform, product: string) {
    this.product = product;
    this.path = join(at.folder.path, product);
    this.platform = new PlatformTrust(at.client, product);
    this.#at = at;
  }

  static async make(at: DevelopersPlatform): Promise<DeveloperKit> {
    return new DeveloperKit(at, await at.newProduct());
  }

  /** A developer's machine; keys there are cheap to guess, for tests. */
  folder(name = 'keys'): KeyFolder {
    return new KeyFolder(join(this.path, name), this.product, 16);
  }

  parts(folder = this.folder()) {
    return {
      folder,
      platform: this.platform,
      ask: async () => passphrase,
      terminal: process.stderr,
      now: wholeSeconds(systemClock),
    };
  }

  /** A tarball of that name; the same content makes the same bytes. */
  async tarball(name: string, content = name, more: Parameters<typeof rawTarball>[0] = []): Promise<string> {
    const folder = join(this.path, `packages-${content.length}-${more.length}`);
    await mkdir(folder, { recursive: true });
    const installer = { path: 'install.sh', mode: 0o755, content: `#!/bin/sh\necho ${content}\n` };
    const file = join(folder, name);
    await writeFile(file, rawTarball([installer, ...more]));
    return file;
  }

  async publish(files: readonly string[], rest: Partial<Publication> = {}, folder = this.folder()) {
    const packages = await Promise.all(files.map(checkPackage));
    const parts = this.parts(folder);
    return await publishTarballs(parts, { packages, downgradeFrom: undefined, withdraw: [], ...rest });
  }

  async signed(options: { readonly setBack?: boolean } = {}) {
    return await readSignedProduct(this.folder(), this.platform, {
      now: wholeSeconds(systemClock),
      ...options,
    });
  }

  /** Verifies as a gateway does, from the first root, what the platform serves now. */
  async verifiedByGateway(floor?: VersionFloor): Promise<TrustedMetadata> {
    const first = await this.platform.root(1);
    if (!first) throw new Error('no root');
    const trusted = new TrustedMetadata(first, { now: 0, floor });
    for (let version = 2; ; version++) {
      const next = await this.platform.root(version);
      if (!next) break;
      trusted.updateRoot(next);
    }
    const file = async (name: string) => {
      const response = await fetch(`${this.#at.url}/gateway-engine/v1/tuf/${name}`, {
        headers: await this.#device(),
      });
      if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    };
    trusted.updateTimestamp(await file('timestamp.json'));
    trusted.updateSnapshot(await file(`${trusted.timestamp?.snapshot.version}.snapshot.json`));
    trusted.updateTargets(await file(`${trusted.snapshot?.targets.version}.targets.json`));
    return trusted;
  }

  async #device(): Promise<Record<string, string>> {
    if (this.#cik === undefined) {
      await this.#at.client.post({ parse: () => undefined }, ['products', this.product, 'devices'], {
        sn: '1',
      });
      const response = await fetch(`${this.#at.url}/provision/activate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: `vendor=${this.product}&model=${this.product}&sn=1`,
      });
      this.#cik = await response.text();
    }
    return { 'X-Exosite-CIK': this.#cik };
  }
}
