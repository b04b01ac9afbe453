import { createHash } from 'node:crypto';
import {
  newKey,
  type SignedTarget,
  type SigningKey,
  signRoot,
  signTargets,
  type TufKey,
} from '@gateway-engine/app-package';

export const day = 86_400;

/** The platform's keys, as the admin API shows them. */
export interface Online {
  readonly snapshot: { readonly key: TufKey };
  readonly timestamp: { readonly key: TufKey };
}

/** Who holds the keys of root and targets. Times in seconds since 1970. */
export class Developer {
  rootKey: SigningKey = newKey();
  targetsKey: SigningKey = newKey();

  root(
    version: number,
    online: Online,
    signedAt: number,
    options: { expires?: number; alsoBy?: SigningKey } = {},
  ): Buffer {
    const keys = {
      root: [this.rootKey.tuf],
      targets: [this.targetsKey.tuf],
      snapshot: [online.snapshot.key],
      timestamp: [online.timestamp.key],
    };
    const signers = [this.rootKey, ...(options.alsoBy ? [options.alsoBy] : [])];
    return signRoot({ version, signedAt, expires: options.expires ?? signedAt + 365 * day, keys }, signers);
  }

  targets(version: number, signedAt: number, targets: readonly SignedTarget[], expires?: number): Buffer {
    const head = { version, signedAt, expires: expires ?? signedAt + 365 * day };
    return signTargets({ ...head, targets }, [this.targetsKey]);
  }
}

/** A target for content of these bytes. */
export function targetFor(path: string, bytes: string | Buffer, release = 1): SignedTarget {
  const buffer = Buffer.from(bytes);
  const sha256 = createHash('sha256').update(buffer).digest('hex');
  const [app = '', version = ''] = path.replace(/\.tar\.gz$/, '').split('.v');
  const tar = { length: buffer.length, sha256 };
  return {
    path,
    length: buffer.length,
    sha256,
    custom: { app, version, release, tar, unpacked: buffer.length },
  };
}
