import {
  limitsOfMetadata,
  sha256Of,
  TrustedMetadata,
  TrustedMetadataError,
} from '@gateway-engine/app-package';
import type { OtaTrust } from '@gateway-engine/device-api';
import { type Clock, describeError, wholeSeconds } from '@gateway-engine/host';
import type { VerifyMode } from '../configuration/ota-config.ts';
import { DownloadPostponed } from '../ota/download-errors.ts';
import { judgeTarget } from './judge-target.ts';
import { metadataFile } from './metadata-files.ts';
import type { MetadataSource } from './metadata-source.ts';
import { ownMetadata, type RefreshParts, refreshMetadata } from './refresh.ts';
import type { Pin } from './trust-records.ts';
import { TrustError, type TrustVerdict, type UpdateTrust, type WantedApp } from './update-trust.ts';

export interface TrustParts extends RefreshParts {
  readonly product: string;
  /** Undefined where only files are installed. */
  readonly source: MetadataSource | undefined;
  /** Undefined: required once a root is pinned. */
  readonly verify: VerifyMode | undefined;
  /** The fingerprint that the pinned root must have. */
  readonly rootSha256: string | undefined;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** Check-ins wait for it. */
const longestEnrolMs = 30_000;

/**
 * The gateway's judgement of what may be installed. It pins the product's root when it first sees one, or the one whose
 * fingerprint was configured, and from then on believes only what goes back to it.
 */
export class GatewayTrust implements UpdateTrust {
  readonly #parts: TrustParts;

  constructor(parts: TrustParts) {
    this.#parts = parts;
  }

  /** For the reports. */
  get facts(): OtaTrust {
    const pin = this.#pin;
    return {
      verify: this.#isOff ? 'off' : this.#isRequired(pin) ? 'required' : 'unpinned',
      ...(pin && { root_sha256: pin.sha256 }),
      ...(pin?.floor?.targets && { targets: pin.floor.targets }),
    };
  }

  /**
   * Pins the product's root if there is one and it is not pinned yet. What keeps it from that is logged; false when that
   * was the platform or the line, and may pass.
   */
  async enrol(signal: AbortSignal): Promise<boolean> {
    const { source, clock, logger } = this.#parts;
    if (!source || this.#isOff) return true;
    const limit = new AbortController();
    const timer = clock.after(longestEnrolMs, () => limit.abort(new Error('it took too long')));
    try {
      await this.#pinned(source, AbortSignal.any([signal, limit.signal]));
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const passes = error instanceof DownloadPostponed || limit.signal.aborted;
      if (!passes && !(error instanceof TrustError)) throw error;
      logger.warn(`the root of the product's signed updates is not pinned: ${describeError(error)}`);
      return !passes;
    } finally {
      timer.cancel();
    }
  }

  /**
   * Takes the signed metadata that was brought with files, without any network. The root is pinned by it where none is
   * pinned yet. What the gateway knows already may be newer: then that counts. Throws TrustError.
   */
  async adopt(source: MetadataSource, signal: AbortSignal): Promise<void> {
    const { logger } = this.#parts;
    if (this.#isOff) return;
    const pin = await this.#pinned(source, signal);
    if (!pin) return;
    try {
      await this.#refusing(() => refreshMetadata(this.#parts, pin, source, 0, signal));
    } catch (error) {
      const cause = error instanceof TrustError ? error.cause : undefined;
      const isOlder = cause instanceof TrustedMetadataError && ['ROLLBACK', 'EXPIRED'].includes(cause.code);
      if (!isOlder || !(await this.#hasOwn(pin))) throw error;
      logger.warn(`the metadata that this gateway has counts: ${describeError(error)}`);
    }
  }

  async #hasOwn(pin: Pin): Promise<boolean> {
    try {
      await ownMetadata(this.#parts, pin);
      return true;
    } catch (error) {
      if (error instanceof TrustError || error instanceof TrustedMetadataError) return false;
      throw error;
    }
  }

  async judgeContent(tarball: string, app: WantedApp, signal: AbortSignal): Promise<TrustVerdict> {
    const { source, clock, product } = this.#parts;
    if (this.#isOff) return unsigned(switchedOff);
    if (!source) throw new Error('content is judged with a source of metadata');
    const pin = await this.#pinned(source, signal);
    if (!pin) return this.#unpinned();
    return await this.#refusing(async () => {
      const trusted = await refreshMetadata(this.#parts, pin, source, wholeSeconds(clock), signal);
      const target = trusted.target(tarball);
      if (target) return judgeTarget(target, app);
      throw new TrustError(
        `${tarball} is not among the signed releases of product ${product} (version ${trusted.targets?.version} of the targets); sign it with: gwe publish`,
      );
    });
  }

  /** The length and the hash of the verdict are for the caller to compare with the file. */
  async judgeFile(tarball: string, _file: string, app: WantedApp): Promise<TrustVerdict> {
    const { product } = this.#parts;
    if (this.#isOff) return unsigned(switchedOff);
    const pin = this.#pin;
    if (!pin) return this.#unpinned();
    return await this.#refusing(async () => {
      const target = (await ownMetadata(this.#parts, pin)).target(tarball);
      if (target) return judgeTarget(target, app);
      throw new TrustError(
        `${tarball} is not among the signed releases of product ${product} that this gateway knows; install it over the air or from a bundle, or set verify = off in [ota] of Engine.config`,
      );
    });
  }

  get #isOff(): boolean {
    return this.#parts.verify === 'off';
  }

  /** Undefined as well when another root was configured since. */
  get #pin(): Pin | undefined {
    const { records, product, rootSha256 } = this.#parts;
    const pin = records.pin(product);
    return pin && (rootSha256 === undefined || rootSha256 === pin.sha256) ? pin : undefined;
  }

  #isRequired(pin: Pin | undefined): boolean {
    const { verify, rootSha256 } = this.#parts;
    return pin !== undefined || verify === 'required' || rootSha256 !== undefined;
  }

  #unpinned(): TrustVerdict {
    const { product } = this.#parts;
    const isNamed = product !== '';
    const because = isNamed ? `product ${product} has no root of trust` : 'no product is configured';
    if (!this.#isRequired(undefined)) return unsigned(because);
    const where = isNamed ? ' on the platform' : '';
    throw new TrustError(`${because}${where}, and only signed updates may be installed here`);
  }

  /** The pin, made now if need be; undefined when the platform has no root for the product. */
  async #pinned(source: MetadataSource, signal: AbortSignal): Promise<Pin | undefined> {
    const { records, product, rootSha256, logger } = this.#parts;
    const before = this.#pin;
    if (before) return before;
    const root = await source.get(metadataFile('root', 1), limitsOfMetadata.root, signal);
    if (!root) return undefined;
    const sha256 = sha256Of(root);
    const problem = problemOfRoot(root, rootSha256);
    if (problem !== undefined) {
      // Some servers answer any path with a page of theirs.
      if (!this.#isRequired(undefined)) {
        logger.warn(`what the platform gives as root of product ${product} is none: ${problem}`);
        return undefined;
      }
      throw new TrustError(`the platform's root of product ${product} is refused: ${problem}`);
    }
    records.setPin({ product, sha256, root });
    const how = rootSha256 === undefined ? 'as the platform showed it first' : 'as configured';
    logger.info(
      { product, sha256 },
      `pinned the root of the product's signed updates, ${how}: sha256 ${sha256}`,
    );
    return records.pin(product);
  }

  async #refusing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TrustedMetadataError)) throw error;
      throw new TrustError(this.#explain(error), { cause: error });
    }
  }

  #explain({ code, message }: TrustedMetadataError): string {
    const { product, records, clock } = this.#parts;
    const text = `the signed metadata of product ${product} is refused (${code}): ${message}`;
    if (code !== 'EXPIRED') return text;
    const isByClock = wholeSeconds(clock) > (records.pin(product)?.provenTime ?? 0);
    return `${text}; that time is ${isByClock ? "by this gateway's clock, which may be wrong" : 'proven by signed metadata'}`;
  }
}

const switchedOff = 'verify = off in [ota] of Engine.config';

function unsigned(because: string): TrustVerdict {
  return { kind: 'unsigned', because };
}

function problemOfRoot(root: Buffer, sha256: string | undefined): string | undefined {
  try {
    const { version } = new TrustedMetadata(root, { now: 0, sha256 }).root;
    return version === 1 ? undefined : `it is version ${version} in place of version 1`;
  } catch (error) {
    if (error instanceof TrustedMetadataError) return error.message;
    throw error;
  }
}
