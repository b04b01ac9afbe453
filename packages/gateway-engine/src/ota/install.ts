import { type Needs, needsOf, type PackageContents, type PackageKind } from '@gateway-engine/app-package';
import type { TrustVerdict } from '../trust/update-trust.ts';
import type { ProbationStart } from './probation.ts';
import type { ProgramState } from './programs.ts';
import type { InstallState } from './states.ts';
import type { Wait, Why } from './why.ts';

/**
 * Where the tarball comes from: the product's content area, a file given on the command line, or the package that is
 * kept of a version that was installed before. A removal has none; its `tarball` is the application's name.
 */
export const installSources = ['content', 'file', 'kept', 'removal'] as const;
export type InstallSource = (typeof installSources)[number];

/** What has become known about an install on its way. */
export interface InstallFacts {
  readonly name?: string;
  readonly version?: string;
  readonly contents?: Pick<PackageContents, 'kind' | 'installer' | 'topDirectory' | 'supervisorConf'> &
    // Installs of an earlier version of the engine lack it.
    Partial<Pick<PackageContents, 'bytes' | 'manifest'>>;
  /** What the signed metadata says of the tarball, judged before its download. */
  readonly trust?: TrustVerdict;
  /** The instruction it came with; undefined for one from the command line. */
  readonly instruction?: number;
  /** What it waits for. */
  readonly waits?: Wait | undefined;
  /** Why it is to be stopped: somebody has asked for that. */
  readonly stop?: string;
  /** What was there when the program was stopped for this install. */
  readonly previous?: { readonly version: string | null; readonly conf: string | null };
  /** Written before the installer is started: from then on it may have run. */
  readonly installerBegun?: true;
  /** The installer's process: with its start time it names one process for good. */
  readonly installer?: { readonly pid: number; readonly started: string | null };
  readonly exitStatus?: number | null;
  /** What the installer printed. */
  readonly output?: string;
  /** How the program was when it had been started. */
  readonly start?: ProgramState;
  /** Bytes that its log had before. */
  readonly logSize?: number;
  /** How its processes were when its probation began. */
  readonly probation?: ProbationStart;
  /** It has stood its probation, and waits for the others of its set. */
  readonly passed?: true;
  /** Why it failed, in words, */
  readonly reason?: string;
  /** and in one word. */
  readonly because?: Why | undefined;
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
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly facts: InstallFacts;
}

export interface InstalledApp {
  readonly name: string;
  readonly version: string;
  readonly kind: PackageKind;
  /** As signed; null when it was installed without a signature. */
  readonly release: number | null;
  /** The version before it, to go back to; null when there is none. */
  readonly previous: string | null;
  /** Its release, as signed; null when it was installed without a signature. */
  readonly previousRelease: number | null;
  readonly needs?: Needs | undefined;
}

/** What an application needs of the gateway: as signed, else as its package says; undefined while that is not known. */
export function needsOfInstall({ facts }: Install): Needs | undefined {
  if (facts.trust?.kind === 'signed') return facts.trust.custom.needs ?? {};
  return facts.contents && (needsOf(facts.contents.manifest) ?? {});
}
