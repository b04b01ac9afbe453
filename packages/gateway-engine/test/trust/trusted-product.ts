import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  newKey,
  type SignedTarget,
  type SigningKey,
  signRoot,
  signTargets,
  type TargetCustom,
  type TufKey,
} from '@gateway-engine/app-package';
import { type Clock, silentLogger, systemClock } from '@gateway-engine/host';
import { type RunningPlatform, serve } from '@gateway-engine/platform';
import { temporaryFolder } from '@gateway-engine/testkit';

export const day = 86_400;
const product = 'pump';

interface Keys {
  readonly root: SigningKey;
  readonly targets: SigningKey;
}

/** A real platform with a product whose releases are signed, its device `1`, and the developer's keys. */
export class TrustedProduct implements AsyncDisposable {
  readonly product = product;
  readonly cik: string;
  /** Milliseconds that the platform's clock is ahead of the machine's. */
  aheadMs = 0;
  keys: Keys = { root: newKey(), targets: newKey() };
  #platform: RunningPlatform;
  #rootVersion = 0;
  #targetsVersion = 0;
  readonly #targets = new Map<string, SignedTarget>();
  readonly #token: string;
  readonly #folder: { readonly path: string } & AsyncDisposable;

  private constructor(parts: {
    platform: RunningPlatform;
    token: string;
    cik: string;
    folder: { readonly path: string } & AsyncDisposable;
  }) {
    this.#platform = parts.platform;
    this.#token = parts.token;
    this.cik = parts.cik;
    this.#folder = parts.folder;
  }

  static async start(): Promise<TrustedProduct> {
    const folder = await temporaryFolder();
    const platform = await open(folder.path, systemClock);
    const { token } = JSON.parse(await readFile(join(folder.path, 'admin.json'), 'utf8'));
    const parts = { platform, token, cik: '', folder };
    const bare = new TrustedProduct(parts);
    await bare.admin('POST', 'products', { id: product });
    await bare.admin('POST', `products/${product}/devices`, { sn: '1' });
    const activation = await fetch(`${platform.url}/provision/activate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `vendor=${product}&model=${product}&sn=1`,
    });
    return new TrustedProduct({ ...parts, cik: await activation.text() });
  }

  get url(): string {
    return this.#platform.url;
  }

  /** Seconds since 1970, by the platform's clock. */
  get now(): number {
    return Math.floor((Date.now() + this.aheadMs) / 1000);
  }

  /** Starts the platform again with this clock, which makes it sign anew what is due. */
  async restart(aheadMs: number): Promise<void> {
    this.aheadMs = aheadMs;
    const { port } = this.#platform.address;
    await this.#platform.stop();
    this.#platform = await open(this.#folder.path, { ...systemClock, now: () => Date.now() + aheadMs }, port);
  }

  async admin(method: string, path: string, body?: unknown): Promise<unknown> {
    const isRaw = body instanceof Uint8Array;
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(body ? { body: isRaw ? Buffer.from(body) : JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The next root, by these keys and by those before; gives its bytes. */
  async putRoot(options: { keys?: Keys; expires?: number } = {}): Promise<Buffer> {
    const before = this.keys;
    this.keys = options.keys ?? before;
    const { online } = (await this.admin('GET', `products/${product}/trust`)) as {
      online: Record<'snapshot' | 'timestamp', { key: TufKey }>;
    };
    this.#rootVersion++;
    const bytes = signRoot(
      {
        version: this.#rootVersion,
        signedAt: this.now,
        expires: options.expires ?? this.now + 365 * day,
        keys: {
          root: [this.keys.root.tuf],
          targets: [this.keys.targets.tuf],
          snapshot: [online.snapshot.key],
          timestamp: [online.timestamp.key],
        },
      },
      before.root === this.keys.root ? [this.keys.root] : [before.root, this.keys.root],
    );
    await this.admin('PUT', `products/${product}/trust/root`, bytes);
    return bytes;
  }

  /** Uploads and signs a release. Its bytes are its name unless others are given. */
  async publish(
    tarball: string,
    options: { bytes?: Buffer; custom?: Partial<TargetCustom>; expires?: number } = {},
  ): Promise<SignedTarget> {
    const bytes = options.bytes ?? Buffer.from(tarball);
    await this.admin('PUT', `products/${product}/content/${tarball}`, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const [app = '', version = ''] = tarball.replace(/\.tar\.gz$/, '').split('.v');
    const { length } = bytes;
    const target: SignedTarget = {
      path: tarball,
      length,
      sha256,
      custom: {
        app,
        version,
        release: this.#targetsVersion + 1,
        tar: tarOf(bytes),
        unpacked: length,
        ...options.custom,
      },
    };
    this.#targets.set(tarball, target);
    await this.sign(options);
    return target;
  }

  /** Signs the next version of the targets. */
  async sign(options: { expires?: number } = {}): Promise<void> {
    this.#targetsVersion++;
    const bytes = signTargets(
      {
        version: this.#targetsVersion,
        signedAt: this.now,
        expires: options.expires ?? this.now + 365 * day,
        targets: [...this.#targets.values()],
      },
      [this.keys.targets],
    );
    await this.admin('PUT', `products/${product}/trust/targets`, bytes);
  }

  /** What the platform serves to the device now. */
  async served(file: string): Promise<Buffer> {
    const response = await fetch(`${this.url}/gateway-engine/v1/tuf/${file}`, {
      headers: { 'X-Exosite-CIK': this.cik },
    });
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#platform.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function tarOf(bytes: Buffer): TargetCustom['tar'] {
  const tar = bytes.readUInt16BE() === 0x1f8b ? gunzipSync(bytes) : bytes;
  return { length: tar.length, sha256: createHash('sha256').update(tar).digest('hex') };
}

async function open(folder: string, clock: Clock, port = 0): Promise<RunningPlatform> {
  const listen = { host: '127.0.0.1', port };
  return await serve({ dataDirectory: folder, listen, logger: silentLogger, clock });
}
