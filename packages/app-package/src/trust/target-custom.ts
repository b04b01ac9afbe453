import { z } from 'zod';

/** What an application needs of the gateway, as its `gwe.json` says. */
export const Needs = z.object({
  /** Least version of Gateway Engine, MAJOR.MINOR.PATCH. */
  engine: z.string().max(100).optional(),
  /** As `process.arch` names them; any when left out. */
  architectures: z.array(z.string().max(100)).max(20).optional(),
  /** Other applications that must be installed: name, and the versions that serve (any when empty). */
  depends: z
    .array(z.object({ name: z.string().max(200), versions: z.array(z.string().max(200)).max(50) }))
    .max(50)
    .optional(),
});
export type Needs = z.infer<typeof Needs>;

/**
 * What the developer signs of a tarball beside its length and hash: the `custom` object of a TUF target. Known to the
 * gateway before a byte of the tarball is here.
 */
export const TargetCustom = z.object({
  app: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  /** Version of the targets metadata that first listed it: a greater one is a later release, whatever the version's text. */
  release: z.int().positive(),
  /** The tarball without its gzip, which is what a delta makes. */
  tar: z.object({ length: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  /** Bytes of the files in it. */
  unpacked: z.int().nonnegative(),
  needs: Needs.optional(),
  /** Versions of the application that this one may replace though it is the older release; `*`: any. */
  downgrade_from: z.array(z.string().max(200)).max(100).optional(),
});
export type TargetCustom = z.infer<typeof TargetCustom>;
