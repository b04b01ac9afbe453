import { TargetFile } from '@tufjs/models';
import { z } from 'zod';
import { formatTarballName } from '../tarball-name.ts';
import type { ListedTargets, SignedJson } from './listed-targets.ts';
import { TrustedMetadataError } from './metadata-error.ts';
import { TargetCustom } from './target-custom.ts';

/** A tarball as the developer signed it. */
export interface SignedTarget {
  /** Content id, which is the tarball's name. */
  readonly path: string;
  /** Bytes of the tarball. */
  readonly length: number;
  /** Of the tarball, hexadecimal. */
  readonly sha256: string;
  readonly custom: TargetCustom;
}

const File = z.object({
  length: z.int().nonnegative(),
  hashes: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  custom: TargetCustom,
});

/** The target of that path, or undefined. Throws TrustedMetadataError (FORMAT). */
export function targetOf(targets: ListedTargets, path: string): SignedTarget | undefined {
  const listed = targets.list;
  const json = Object.hasOwn(listed, path) ? listed[path] : undefined;
  if (json === undefined) return undefined;
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    const message = `what it says of ${JSON.stringify(path)} is not of the form that Gateway Engine signs`;
    throw new TrustedMetadataError('FORMAT', 'targets', message, { cause: parsed.error });
  }
  const { length, hashes, custom } = parsed.data;
  if (path !== formatTarballName({ name: custom.app, version: custom.version })) {
    const message = `${JSON.stringify(path)} is signed as version ${custom.version} of ${custom.app}, which is another tarball`;
    throw new TrustedMetadataError('FORMAT', 'targets', message);
  }
  return { path, length, sha256: hashes.sha256, custom };
}

/** All of them, in the order of the file. Throws TrustedMetadataError (FORMAT). */
export function targetsOf(targets: ListedTargets): SignedTarget[] {
  return Object.keys(targets.list).flatMap((path) => targetOf(targets, path) ?? []);
}

export function targetJson({ path, length, sha256, custom }: SignedTarget): SignedJson {
  // Without the keys that are undefined, which canonical JSON does not have.
  const unrecognizedFields = { custom: JSON.parse(JSON.stringify(custom)) };
  return new TargetFile({ path, length, hashes: { sha256 }, unrecognizedFields }).toJSON();
}
