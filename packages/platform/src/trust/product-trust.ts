import { type RootFacts, TrustedMetadata, TrustedMetadataError } from '@gateway-engine/app-package';
import { type Clock, type Logger, wholeSeconds } from '@gateway-engine/host';
import { z } from 'zod';
import type { OnlineKeys, Store, TrustFile, TrustVersions } from '../store/port.ts';
import { mustBeInContent } from './listed-content.ts';
import { newOnlineKeys, onlineSigners, signOnline } from './online-signing.ts';
import { TrustRefusal } from './refusal.ts';
import { signedContent } from './signed-content.ts';

const Expiring = z.object({ signed: z.object({ expires: z.iso.datetime() }) });

export interface TrustParts {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/**
 * The signed metadata of products: takes what developers sign, and signs itself what vouches for it daily.
 *
 * Invariant: what is added is what a gateway accepts that has the metadata before it, for it has passed the same
 * verification; the snapshot and the timestamp of new targets are on disk together with them.
 */
export class ProductTrust {
  readonly #parts: TrustParts;

  constructor(parts: TrustParts) {
    this.#parts = parts;
  }

  /** Keys that the next root has to name: those that are to come, when some were asked for. */
  async keysToName(product: string): Promise<OnlineKeys> {
    const { current, next } = await this.#parts.store.onlineKeys(product, newOnlineKeys);
    return next ?? current;
  }

  /** Makes other keys of the platform, for the case that somebody has the present ones. */
  async renewKeys(product: string): Promise<void> {
    const { store, logger } = this.#parts;
    await store.onlineKeys(product, newOnlineKeys);
    await store.offerOnlineKeys(product, newOnlineKeys());
    logger.info({ product }, "new keys of the platform for this product's metadata wait for the next root");
  }

  /** Takes the next root. Throws TrustRefusal. */
  async addRoot(product: string, bytes: Buffer): Promise<void> {
    const { store, logger } = this.#parts;
    const after = await store.trustVersions(product);
    const now = wholeSeconds(this.#parts.clock);
    const root = await this.#verifyRoot(product, after, bytes, now);
    if (root.version !== after.root + 1) {
      const message = `this is version ${root.version} of the root, and version ${after.root + 1} comes next`;
      throw new TrustRefusal('STALE', message);
    }
    if (root.expires <= now)
      throw new TrustRefusal('REFUSED', 'this root has expired already; sign a later one');
    const { current, next } = await store.onlineKeys(product, newOnlineKeys);
    const keys = [next, current].find((each) => each !== undefined && names(root, each));
    if (!keys) {
      const message =
        "the root does not name the platform's own keys, alone and one each, for snapshot and timestamp; take them from GET trust";
      throw new TrustRefusal('REFUSED', message);
    }
    const files: TrustFile[] = [{ role: 'root', version: root.version, bytes }];
    const targets = await store.trustFile(product, 'targets');
    if (targets) {
      const times = { now, goodUntil: await this.#goodUntil(product) };
      files.push(...signOnline(keys, after, { version: after.targets, bytes: targets }, times));
    }
    await this.#add({ product, after, files, ...(keys === next ? { keys } : {}) });
    logger.info({ product, version: root.version }, 'took a root of signed metadata');
  }

  /** Takes the next targets, whose files have to be in the content area. Throws TrustRefusal. */
  async addTargets(product: string, bytes: Buffer): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const after = await store.trustVersions(product);
    const now = wholeSeconds(clock);
    const trusted = await this.#trusted(product, after, now);
    if (!trusted) throw new TrustRefusal('MISSING', `product ${product} has no root yet; send it first`);
    const read = refusing(() => trusted.readTargets(bytes));
    if (read.version !== after.targets + 1) {
      const message = `this is version ${read.version} of the targets, and version ${after.targets + 1} comes next`;
      throw new TrustRefusal('STALE', message);
    }
    const isListed = await signedContent(store, product);
    mustBeInContent(read.targets, isListed, await store.contents(product));
    const { current } = await store.onlineKeys(product, newOnlineKeys);
    const times = { now, goodUntil: await this.#goodUntil(product) };
    const [snapshot, timestamp] = signOnline(current, after, { version: read.version, bytes }, times);
    refusing(() => {
      trusted.updateTimestamp(timestamp.bytes);
      trusted.updateSnapshot(snapshot.bytes);
      trusted.updateTargets(bytes);
    });
    await this.#add({
      product,
      after,
      files: [{ role: 'targets', version: read.version, bytes }, snapshot, timestamp],
    });
    logger.info({ product, version: read.version, targets: read.targets.length }, 'took signed targets');
  }

  /** Vouches anew for what is there; false when there is nothing yet, or somebody else has just done it. */
  async vouch(product: string): Promise<boolean> {
    const { store, clock } = this.#parts;
    const after = await store.trustVersions(product);
    const bytes = await store.trustFile(product, 'targets', after.targets);
    if (!bytes) return false;
    const { current } = await store.onlineKeys(product, newOnlineKeys);
    const times = { now: wholeSeconds(clock), goodUntil: await this.#goodUntil(product) };
    const files = signOnline(current, after, { version: after.targets, bytes }, times);
    return await store.addTrustFiles({ product, after, files });
  }

  /** When the present timestamp expires; 0 without one. */
  async #goodUntil(product: string): Promise<number> {
    const bytes = await this.#parts.store.trustFile(product, 'timestamp');
    return bytes ? Date.parse(Expiring.parse(JSON.parse(bytes.toString('utf8'))).signed.expires) / 1000 : 0;
  }

  async #verifyRoot(product: string, after: TrustVersions, bytes: Buffer, now: number): Promise<RootFacts> {
    const trusted = await this.#trusted(product, after, now);
    return refusing(() => {
      if (!trusted) return new TrustedMetadata(bytes, { now }).root;
      trusted.updateRoot(bytes);
      return trusted.root;
    });
  }

  /** The roots of a product up to the latest; undefined when it has none. */
  async #trusted(
    product: string,
    { root }: TrustVersions,
    now: number,
  ): Promise<TrustedMetadata | undefined> {
    if (root === 0) return undefined;
    const trusted = new TrustedMetadata(await this.#kept(product, 1), { now });
    for (let version = 2; version <= root; version++) trusted.updateRoot(await this.#kept(product, version));
    return trusted;
  }

  async #kept(product: string, version: number): Promise<Buffer> {
    const bytes = await this.#parts.store.trustFile(product, 'root', version);
    if (!bytes)
      throw new Error(`version ${version} of the root of product ${product} is missing in the store`);
    return bytes;
  }

  async #add(addition: Parameters<Store['addTrustFiles']>[0]): Promise<void> {
    if (await this.#parts.store.addTrustFiles(addition)) return;
    throw new TrustRefusal('STALE', 'other metadata of this product came in between; read it and sign again');
  }
}

/** Whether a root names these keys of the platform, and nobody else's beside them. */
function names(root: RootFacts, keys: OnlineKeys): boolean {
  const signers = onlineSigners(keys);
  return (['snapshot', 'timestamp'] as const).every((role) => {
    const named = root.roles[role].keys;
    return named.size === 1 && named.has(signers[role].id);
  });
}

function refusing<T>(verify: () => T): T {
  try {
    return verify();
  } catch (cause) {
    if (!(cause instanceof TrustedMetadataError)) throw cause;
    const isStale = cause.code === 'ROLLBACK' || cause.code === 'MISMATCH';
    throw new TrustRefusal(isStale ? 'STALE' : 'REFUSED', cause.message, { cause });
  }
}
