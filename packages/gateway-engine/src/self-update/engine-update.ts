import type { EngineProcesses } from './engine-processes.ts';
import type { EngineSlots } from './engine-slots.ts';

/** What an update of the engine by itself acts on beside the parts of every install. */
export interface EngineUpdate {
  readonly slots: EngineSlots;
  readonly processes: Pick<EngineProcesses, 'bringTo' | 'queueRunsFrom'>;
  /** The slot that this process runs from; undefined where it runs from elsewhere. */
  readonly ownSlot: string | undefined;
  /** Whether this process has checked in successfully. */
  readonly hasCheckedIn: () => boolean;
  /** How long this process runs. */
  readonly upSeconds: () => number;
  /** Ends this process, for the supervisor to start it again. */
  readonly endSelf: () => void;
  /** How long a new version may take to its first check-in. */
  readonly trialSeconds: number;
}
