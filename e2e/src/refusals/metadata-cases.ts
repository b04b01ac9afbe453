import { isDeepStrictEqual } from 'node:util';
import {
  newKey,
  type SigningKey,
  sha256Of,
  signRoot,
  signSnapshot,
  signTargets,
  signTimestamp,
  TrustedMetadata,
} from '@gateway-engine/app-package';
import { pick } from '../queue/random.ts';
import { type Json, mutateBytes, mutateJson } from './mutations.ts';

type Role = 'root' | 'timestamp' | 'snapshot' | 'targets';
type Files = Readonly<Record<Role, Buffer>>;

const day = 86_400;
const start = Date.UTC(2026, 0, 1) / 1000;
const tarball = 'app.v2.tar.gz';

/** A product's signed metadata: the pinned root, and one of each file after it. */
export class MetadataCases {
  readonly #pinned: Buffer;
  readonly #files: Files;
  readonly #keys: Readonly<Record<Role, SigningKey>>;

  constructor() {
    this.#keys = { root: newKey(), targets: newKey(), snapshot: newKey(), timestamp: newKey() };
    const { root, targets, snapshot, timestamp } = this.#keys;
    const of = (key: SigningKey) => [key.tuf];
    const keys = { root: of(root), targets: of(targets), snapshot: of(snapshot), timestamp: of(timestamp) };
    const head = { expires: start + 365 * day, signedAt: start };
    this.#pinned = signRoot({ ...head, version: 1, keys }, [root]);
    const tar = { length: 5, sha256: sha256Of(Buffer.from('tar')) };
    const custom = { app: 'app', version: '2', release: 1, tar, unpacked: 5 };
    const target = { path: tarball, length: 3, sha256: sha256Of(Buffer.from('gz')), custom };
    const list = signTargets({ ...head, version: 1, targets: [target] }, [targets]);
    const shot = signSnapshot({ ...head, version: 1, targets: { version: 1, bytes: list } }, [snapshot]);
    this.#files = {
      root: signRoot({ ...head, version: 2, keys }, [root]),
      targets: list,
      snapshot: shot,
      timestamp: signTimestamp({ ...head, version: 1, snapshot: { version: 1, bytes: shot } }, [timestamp]),
    };
  }

  /**
   * Changes one of the files and has all of them verified. With the right keys half of the time, and then named by the
   * files above it, so that what is looked at after the signature meets it too. `forged`: something is trusted that nobody
   * has signed; what nobody reads may differ. Throws what verifying throws.
   */
  verifyOneChanged(random: () => number): 'trusted' | 'forged' {
    const role = pick(['root', 'timestamp', 'snapshot', 'targets'] as const, random);
    const signedAnew = random() < 0.5;
    const files = signedAnew ? this.#signedAnew(role, random) : this.#damaged(role, random);
    const verdict = this.#verdict(files);
    return signedAnew || isDeepStrictEqual(verdict, this.#verdict(this.#files)) ? 'trusted' : 'forged';
  }

  /** All that anybody acts on. */
  #verdict(files: Files): unknown {
    const trusted = new TrustedMetadata(this.#pinned, { now: start + day });
    trusted.updateRoot(files.root);
    trusted.updateTimestamp(files.timestamp);
    trusted.updateSnapshot(files.snapshot);
    trusted.updateTargets(files.targets);
    const { root, timestamp, snapshot, targets, time, floor } = trusted;
    return { root, timestamp, snapshot, targets, time, floor, target: trusted.target(tarball) };
  }

  #damaged(role: Role, random: () => number): Files {
    const file = this.#files[role];
    const changed =
      random() < 0.5
        ? mutateBytes(file, random)
        : Buffer.from(JSON.stringify(mutateJson(JSON.parse(file.toString()) as Json, random)));
    return { ...this.#files, [role]: changed };
  }

  #signedAnew(role: Role, random: () => number): Files {
    const files = { ...this.#files };
    files[role] = this.#sign(role, mutateJson(signedPart(files[role]), random));
    // What is above names it as it is now.
    if (role === 'targets') files.snapshot = this.#naming('snapshot', 'targets.json', files.targets);
    if (role === 'targets' || role === 'snapshot') {
      files.timestamp = this.#naming('timestamp', 'snapshot.json', files.snapshot);
    }
    return files;
  }

  #naming(role: 'snapshot' | 'timestamp', name: string, named: Buffer): Buffer {
    const signed = signedPart(this.#files[role]) as { [key: string]: Json };
    const meta = { [name]: { version: 1, length: named.length, hashes: { sha256: sha256Of(named) } } };
    return this.#sign(role, { ...signed, meta });
  }

  #sign(role: Role, signed: Json): Buffer {
    const key = this.#keys[role];
    const signature = { keyid: key.id, sig: key.sign(Buffer.from(canonical(signed))) };
    return Buffer.from(JSON.stringify({ signatures: [signature], signed }));
  }
}

function signedPart(file: Buffer): Json {
  return (JSON.parse(file.toString()) as { signed: Json }).signed;
}

/** Canonical JSON as TUF signs it: keys in order, no blanks, only quotes and backslashes escaped. */
function canonical(json: Json): string {
  if (typeof json === 'string') return `"${json.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  if (json === null || typeof json !== 'object') return String(json);
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`;
  const members = Object.keys(json)
    .sort()
    .map((key) => `${canonical(key)}:${canonical(json[key] ?? null)}`);
  return `{${members.join(',')}}`;
}
