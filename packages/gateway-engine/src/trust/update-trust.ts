import type { TargetCustom } from '@gateway-engine/app-package';

/** The application that a tarball is for, as its name says, and what is installed of it. */
export interface WantedApp {
  readonly name: string;
  readonly version: string;
  /**
   * Or was, before it was removed; undefined when it never was. `release` is null when that was installed without a
   * signature.
   */
  readonly installed: { readonly version: string; readonly release: number | null } | undefined;
}

/** What is known of a tarball before a byte of it is here. */
export type TrustVerdict =
  | {
      readonly kind: 'signed';
      /** Bytes of the tarball. */
      readonly length: number;
      /** Of the tarball, hexadecimal. */
      readonly sha256: string;
      readonly custom: TargetCustom;
    }
  /** It may be installed all the same; `because` is said in the log and in the reports. */
  | { readonly kind: 'unsigned'; readonly because: string };

/** A tarball that must not be installed, and why: no or a false signature, a downgrade, metadata that has expired. */
export class TrustError extends Error {
  readonly code = 'TRUST';
}

/** Judges what is to be installed by the product's signed metadata. */
export interface UpdateTrust {
  /**
   * Refreshes the metadata and judges one tarball of the content area. Throws TrustError for what no later attempt can
   * mend by itself, DownloadPostponed when the platform cannot be reached.
   */
  judgeContent(tarball: string, app: WantedApp, signal: AbortSignal): Promise<TrustVerdict>;
  /** Judges a file given by hand, by the metadata that is here; no network is used. Throws TrustError. */
  judgeFile(tarball: string, file: string, app: WantedApp): Promise<TrustVerdict>;
}
