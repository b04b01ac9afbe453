import type { PackageContents, PackageKind } from '@gateway-engine/app-package';
import type { TrustVerdict } from '../trust/update-trust.ts';
import type { InstallState } from './states.ts';

/** Where the tarball comes from: the product's content area, or a file given on the command line. */
export type InstallSource = 'content' | 'file';

/** What has become known about an install on its way. */
export interface InstallFacts {
  readonly name?: string;
  readonly version?: string;
  readonly contents?: Pick<PackageContents, 'kind' | 'installer' | 'topDirectory' | 'supervisorConf'> &
    // Installs of an earlier version of the engine lack it.
    Partial<Pick<PackageContents, 'bytes' | 'manifest'>>;
  /** What the signed metadata says of the tarball, judged before its download. */
  readonly trust?: TrustVerdict;
  /** What was there when the program was stopped for this install. */
  readonly previous?: { readonly version: string | null; readonly conf: string | null };
  /** Written before the installer is started: from then on it may have run. */
  readonly installerBegun?: true;
  /** The installer's process: with its start time it names one process for good. */
  readonly installer?: { readonly pid: number; readonly started: string | null };
  readonly exitStatus?: number | null;
  /** What the installer printed. */
  readonly output?: string;
  /** Why it failed. */
  readonly reason?: string;
  /** What is wrong with it though it was installed. */
  readonly but?: string;
  /** What to add to the report of a success or a roll-back. */
  readonly note?: string;
}

export interface Install {
  readonly id: number;
  readonly source: InstallSource;
  /** Content id, or file name. */
  readonly tarball: string;
  /** Of a file. */
  readonly path: string | null;
  readonly state: InstallState;
  readonly attempts: number;
  readonly facts: InstallFacts;
}

export interface InstalledApp {
  readonly name: string;
  readonly version: string;
  readonly kind: PackageKind;
}
