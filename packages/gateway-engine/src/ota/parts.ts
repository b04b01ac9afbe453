import type { Clock, Logger } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import type { EngineUpdate } from '../self-update/engine-update.ts';
import type { UpdateTrust } from '../trust/update-trust.ts';
import type { Downloads } from './download.ts';
import type { InstallJournal } from './journal.ts';
import type { PackageFiles } from './package-files.ts';
import type { Probations } from './probations.ts';
import type { Programs } from './programs.ts';
import type { UpdateWindow } from './window.ts';

/** What the work of an install acts on. */
export interface OtaParts {
  readonly layout: HomeLayout;
  readonly journal: InstallJournal;
  readonly files: PackageFiles;
  readonly programs: Programs;
  /** How to reach the content area; undefined where only files are installed. */
  readonly downloads: Downloads | undefined;
  /** Judges tarballs by the product's signed metadata; undefined: none is asked for. */
  readonly trust: UpdateTrust | undefined;
  readonly probations: Probations;
  /** For an update of the engine itself; undefined where this process cannot carry one out. */
  readonly engine?: EngineUpdate | undefined;
  /** The hours in which updates may be downloaded and installed; undefined: always. */
  readonly window: UpdateWindow | undefined;
  /** Wall time in milliseconds since 1970, right even where the gateway's clock is not; the clock's unless given. */
  readonly wallTime?: () => number;
  /** Where the supervisor includes programs from. */
  readonly programDirectory: string;
  /** Where programs log to. */
  readonly logDirectory: string;
  /** Called when an installer has started; what it gives, when that one has ended. */
  readonly onInstaller?: () => { cancel(): void };
  readonly clock: Clock;
  readonly logger: Logger;
}
