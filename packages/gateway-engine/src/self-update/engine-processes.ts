import { readFileSync } from 'node:fs';
import { isFault, type ProcessInfo, type SupervisorClient } from '@gateway-engine/supervisor';
import { z } from 'zod';

export type EngineSupervisor = Pick<
  SupervisorClient,
  'call' | 'getAllProcessInfo' | 'startProcessGroup' | 'stopProcessGroup'
>;

/** The programs of the engine itself that the supervisor runs. */
const programs = ['gmq', 'gwe'] as const;

/** Words of the supervisor for a program that does not run and that nobody is about to start. */
const atRest: ReadonlySet<string> = new Set(['STOPPED', 'EXITED', 'FATAL']);

/**
 * The engine's own processes, which the start scripts mark with the slot they run from (GWE_ENGINE_SLOT). Hosted
 * applications are none of them, and are not touched.
 */
export class EngineProcesses {
  readonly #supervisor: EngineSupervisor;
  readonly #slotOf: (pid: number) => string | undefined;

  constructor(supervisor: EngineSupervisor, slotOf = slotOfProcess) {
    this.#supervisor = supervisor;
    this.#slotOf = slotOf;
  }

  /**
   * Starts again what does not run from this slot yet: the queue, the engine's daemon, then the supervisor, which leaves
   * its programs to the next one. A queue that does not run is started: this may have been cut off between its stop and its
   * start, or the version before could not run it. May be repeated. `own`: to be told instead when it is this process that has to end.
   */
  async bringTo(slot: string, own: () => void): Promise<void> {
    let ownIsOld = false;
    for (const name of programs) {
      const { pid = 0, statename = '' } = (await this.#infoOf(name)) ?? {};
      if (name === 'gmq' && atRest.has(statename)) await this.#start(name);
      if (pid === 0 || this.#isOf(pid, slot)) continue;
      if (pid === process.pid) ownIsOld = true;
      else await this.#startAgain(name);
    }
    const supervisor = z.number().parse(await this.#supervisor.call('supervisor.getPID'));
    // A supervisord of the system's is no part of the engine.
    const its = this.#slotOf(supervisor);
    if (its !== undefined && its !== slot) await this.#supervisor.call('gwe.detach');
    if (ownIsOld) own();
  }

  /** Whether the queue runs, and from this slot. */
  async queueRunsFrom(slot: string): Promise<boolean> {
    const gmq = await this.#infoOf('gmq');
    return gmq?.statename === 'RUNNING' && this.#isOf(gmq.pid, slot);
  }

  async #startAgain(name: string): Promise<void> {
    await this.#supervisor.stopProcessGroup(name);
    await this.#start(name);
  }

  async #start(name: string): Promise<void> {
    try {
      await this.#supervisor.startProcessGroup(name, false);
    } catch (error) {
      if (!isFault(error, 'ALREADY_STARTED')) throw error;
    }
  }

  async #infoOf(name: string): Promise<ProcessInfo | undefined> {
    return (await this.#supervisor.getAllProcessInfo()).find(({ group }) => group === name);
  }

  #isOf(pid: number, slot: string): boolean {
    return this.#slotOf(pid) === slot;
  }
}

/** The slot that a process was started from; undefined where it is none of the engine's, or has ended. */
export function slotOfProcess(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return words.find((word) => word.startsWith(mark))?.slice(mark.length);
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const mark = 'GWE_ENGINE_SLOT=';
