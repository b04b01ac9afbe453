import type { Metadata, MetaFile, Root } from '@tufjs/models';
import { z } from 'zod';
import { sha256Of } from './fingerprint.ts';
import type { ListedTargets } from './listed-targets.ts';
import { type MetadataRole, TrustedMetadataError } from './metadata-error.ts';
import { factsOf, readMetadata, type SignedFacts } from './read-metadata.ts';
import { mustBeSigned, type RootFacts, rootFactsOf, sameKeys } from './root-roles.ts';
import { type SignedTarget, targetOf, targetsOf } from './signed-target.ts';

/** Versions that were trusted once; nothing below them is trusted again. */
export type VersionFloor = Readonly<Record<MetadataRole, number>>;

export interface TrustOptions {
  /** Time of trust, seconds since 1970: never less than what verified metadata has proven it to be. */
  readonly now: number;
  /** Fingerprint that the root must have; hexadecimal. */
  readonly sha256?: string | undefined;
  /** Left out: nothing was trusted before. */
  readonly floor?: VersionFloor | undefined;
}

/** A file as the one above it in the chain names it. */
const NamedFile = z.object({
  version: z.int().positive(),
  length: z.int().nonnegative(),
  /** Hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type NamedFile = Readonly<z.infer<typeof NamedFile>>;

/**
 * The metadata of a product, verified in TUF's order (specification 1.0.31, section 5.3 to 5.6): roots from the pinned
 * one upward, timestamp, snapshot, targets. Bytes in, verdict out: no network, no disk, no clock. Every `update` either
 * trusts what it was given or throws TrustedMetadataError and leaves what is trusted as it was.
 *
 * Invariants: a file is trusted only when enough keys of the newest root have signed it, it has not expired, it is the
 * very one that the file above it names, and nothing of it is older than `floor`. All of that holds again for `target`,
 * since a root or a timestamp that comes later drops what was below.
 */
export class TrustedMetadata {
  #root: Metadata<Root>;
  #rootFacts: RootFacts;
  #now: number;
  #floor: VersionFloor;
  #timestamp: (SignedFacts & { readonly snapshot: NamedFile }) | undefined;
  #snapshot: (SignedFacts & { readonly targets: NamedFile }) | undefined;
  #targets: { readonly facts: SignedFacts; readonly list: ListedTargets } | undefined;

  /** `root`: the bytes of a root that is trusted already, or whose fingerprint is given. It may have expired. */
  constructor(root: Uint8Array, options: TrustOptions) {
    if (options.sha256 !== undefined && sha256Of(root) !== options.sha256.toLowerCase()) {
      const message = `its sha256 is ${sha256Of(root)}, not the pinned ${options.sha256}`;
      throw new TrustedMetadataError('MISMATCH', 'root', message);
    }
    this.#root = readMetadata('root', root);
    this.#rootFacts = rootFactsOf(this.#root);
    mustBeSigned(this.#root, 'root', this.#root);
    this.#now = options.now;
    this.#floor = options.floor ?? { root: this.#rootFacts.version, timestamp: 0, snapshot: 0, targets: 0 };
  }

  get root(): RootFacts {
    return this.#rootFacts;
  }

  get timestamp(): (SignedFacts & { readonly snapshot: NamedFile }) | undefined {
    return this.#timestamp;
  }

  get snapshot(): (SignedFacts & { readonly targets: NamedFile }) | undefined {
    return this.#snapshot;
  }

  get targets(): SignedFacts | undefined {
    return this.#targets?.facts;
  }

  /** Time of trust: `now` as it was given, or the later time that a trusted timestamp was signed at. */
  get time(): number {
    return this.#now;
  }

  /** What to keep for the next time, also when a later file of the chain was refused. */
  get floor(): VersionFloor {
    return this.#floor;
  }

  /**
   * The next root, whose version is one more. Whether a root has expired matters only of the newest one, so that a
   * gateway that was away for years still finds its way.
   */
  updateRoot(bytes: Uint8Array): void {
    const root = readMetadata('root', bytes);
    const facts = rootFactsOf(root);
    mustBeSigned(this.#root, 'root', root);
    const expected = this.#rootFacts.version + 1;
    if (facts.version !== expected) {
      const code = facts.version < expected ? 'ROLLBACK' : 'MISMATCH';
      throw new TrustedMetadataError(
        code,
        'root',
        `version ${facts.version} came where ${expected} comes next`,
      );
    }
    mustBeSigned(root, 'root', root);
    const before = this.#rootFacts.roles;
    const rotated =
      !sameKeys(before.timestamp, facts.roles.timestamp) || !sameKeys(before.snapshot, facts.roles.snapshot);
    this.#root = root;
    this.#rootFacts = facts;
    this.#dropFrom('timestamp');
    if (facts.version <= this.#floor.root) return;
    // Whoever stole the keys that are gone may have signed versions beyond all that honest ones will reach.
    const lower = rotated ? { timestamp: 0, snapshot: 0, targets: 0 } : {};
    this.#floor = { ...this.#floor, ...lower, root: facts.version };
  }

  /** The newest timestamp. Roots come first. */
  updateTimestamp(bytes: Uint8Array): void {
    if (this.#rootFacts.version < this.#floor.root) throw this.#older('root', this.#rootFacts.version);
    this.#mustBeValid('root', this.#rootFacts.expires, this.#now);
    const metadata = readMetadata('timestamp', bytes);
    mustBeSigned(this.#root, 'timestamp', metadata);
    const facts = factsOf('timestamp', metadata);
    const snapshot = namedFile('timestamp', 'snapshot.json', metadata.signed.snapshotMeta);
    this.#mustNotBeOlder('timestamp', facts.version);
    this.#mustNotBeOlder('snapshot', snapshot.version);
    const now = Math.max(this.#now, facts.signedAt ?? 0);
    this.#mustBeValid('root', this.#rootFacts.expires, now);
    this.#mustBeValid('timestamp', facts.expires, now);
    this.#dropFrom('timestamp');
    this.#timestamp = { ...facts, snapshot };
    this.#now = now;
    this.#floor = { ...this.#floor, timestamp: facts.version, snapshot: snapshot.version };
  }

  /** The snapshot that the timestamp names. */
  updateSnapshot(bytes: Uint8Array): void {
    if (!this.#timestamp) throw new Error('updateSnapshot comes after updateTimestamp');
    mustBeNamed('snapshot', bytes, this.#timestamp.snapshot);
    const metadata = readMetadata('snapshot', bytes);
    mustBeSigned(this.#root, 'snapshot', metadata);
    const facts = factsOf('snapshot', metadata);
    mustHaveVersion('snapshot', facts, this.#timestamp.snapshot);
    const targets = namedFile('snapshot', 'targets.json', metadata.signed.meta['targets.json']);
    this.#mustNotBeOlder('targets', targets.version);
    this.#mustBeValid('snapshot', facts.expires, this.#now);
    this.#dropFrom('snapshot');
    this.#snapshot = { ...facts, targets };
  }

  /** The targets that the snapshot names. */
  updateTargets(bytes: Uint8Array): void {
    if (!this.#snapshot) throw new Error('updateTargets comes after updateSnapshot');
    mustBeNamed('targets', bytes, this.#snapshot.targets);
    const { facts, list } = this.#readTargets(bytes);
    mustHaveVersion('targets', facts, this.#snapshot.targets);
    this.#mustBeValid('targets', facts.expires, this.#now);
    this.#targets = { facts, list };
    this.#floor = { ...this.#floor, targets: facts.version };
  }

  /**
   * Targets judged by the root alone: its signatures and form, not its place in a chain nor its expiry. For whoever
   * makes the snapshot that will name it, never for a gateway.
   */
  readTargets(bytes: Uint8Array): SignedFacts & { readonly targets: readonly SignedTarget[] } {
    const { facts, list } = this.#readTargets(bytes);
    return { ...facts, targets: targetsOf(list) };
  }

  /** The target of that path; undefined when it is not signed. The whole chain must be here. */
  target(path: string): SignedTarget | undefined {
    if (!this.#targets) throw new Error('target comes after updateTargets');
    return targetOf(this.#targets.list, path);
  }

  #readTargets(bytes: Uint8Array): { facts: SignedFacts; list: ListedTargets } {
    const metadata = readMetadata('targets', bytes);
    mustBeSigned(this.#root, 'targets', metadata);
    return { facts: factsOf('targets', metadata), list: metadata.signed };
  }

  #dropFrom(role: 'timestamp' | 'snapshot'): void {
    if (role === 'timestamp') this.#timestamp = undefined;
    this.#snapshot = undefined;
    this.#targets = undefined;
  }

  #mustNotBeOlder(role: MetadataRole, version: number): void {
    if (version < this.#floor[role]) throw this.#older(role, version);
  }

  #older(role: MetadataRole, version: number): TrustedMetadataError {
    const message = `version ${version} is older than version ${this.#floor[role]}, which was trusted before`;
    return new TrustedMetadataError('ROLLBACK', role, message);
  }

  #mustBeValid(role: MetadataRole, expires: number, now: number): void {
    if (now < expires) return;
    const at = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');
    const message = `it expired at ${at(expires)}, and it is at least ${at(now)}`;
    throw new TrustedMetadataError('EXPIRED', role, message);
  }
}

function namedFile(role: MetadataRole, name: string, file: MetaFile | undefined): NamedFile {
  const parsed = NamedFile.safeParse({ ...file, sha256: file?.hashes?.sha256 });
  if (!parsed.success) {
    const message = `it does not name ${name} with version, length and sha256`;
    throw new TrustedMetadataError('FORMAT', role, message, { cause: parsed.error });
  }
  return parsed.data;
}

/** Before the bytes are parsed: only what somebody trusted has signed the hash of gets that far. */
function mustBeNamed(role: MetadataRole, bytes: Uint8Array, named: NamedFile): void {
  if (bytes.length !== named.length) {
    const message = `it has ${bytes.length} bytes, and ${named.length} were signed`;
    throw new TrustedMetadataError('LENGTH', role, message);
  }
  if (sha256Of(bytes) !== named.sha256) {
    throw new TrustedMetadataError(
      'MISMATCH',
      role,
      'it is not the one that was signed for this set (sha256)',
    );
  }
}

function mustHaveVersion(role: MetadataRole, facts: SignedFacts, named: NamedFile): void {
  if (facts.version === named.version) return;
  const message = `it is version ${facts.version}, and version ${named.version} was signed for this set`;
  throw new TrustedMetadataError('MISMATCH', role, message);
}
