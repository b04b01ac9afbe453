import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  describeError,
  makeDirectory,
  parseIni,
  syncDirectory,
  writeDurably,
} from '@gateway-engine/host';
import {
  isFault,
  type ProcessInfo,
  type SupervisorClient,
  SupervisorUnreachable,
} from '@gateway-engine/supervisor';

import type { SupervisorLook } from './probation.ts';
import { lookAt } from './program-look.ts';

/** How a program is after it was started. `offline`: there is no supervisor to ask; it starts with it. */
export type ProgramState = 'up' | 'ended' | 'fatal' | 'undecided' | 'not-started' | 'offline';

const settleMs = 60_000;
const askEveryMs = 250;

/** The hosted applications' programs: their entries in the supervisor's include directory, and their processes. */
export class Programs {
  readonly #supervisor: SupervisorClient;
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(supervisor: SupervisorClient, directory: string, clock: Clock) {
    this.#supervisor = supervisor;
    this.#directory = directory;
    this.#clock = clock;
  }

  /** The text of an application's entry, or null when it has none. */
  async entry(name: string): Promise<string | null> {
    try {
      return await readFile(this.#file(name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Stops all processes of an application, and waits for that. */
  async stop(name: string): Promise<void> {
    await this.#unlessOffline(async () => {
      const processes = await this.#processes(name);
      if (processes.length > 0) await this.#supervisor.stopProcessGroup(name);
    });
  }

  /**
   * Writes an application's entry, or removes it, makes the supervisor take it up, and starts it. That may take as long as
   * the entry's startsecs; it ends when the signal is aborted.
   */
  async update(name: string, entry: string | null, signal?: AbortSignal): Promise<ProgramState> {
    await makeDirectory(this.#directory);
    if (entry === null) {
      await rm(this.#file(name), { force: true });
      await syncDirectory(this.#directory);
    } else if ((await this.entry(name)) !== entry) {
      await writeDurably(this.#file(name), entry);
    }
    return await this.#unlessOffline(async () => {
      const isNew = await this.#takeUp(name);
      return entry === null ? 'not-started' : await this.#start(name, entry, isNew, signal);
    });
  }

  /**
   * Why the supervisor would take up no entry now, such as a broken one of another program; null when it would, or
   * there is none to ask.
   */
  async obstacle(): Promise<string | null> {
    return await this.#unlessOffline(async () => {
      try {
        await this.#supervisor.reloadConfig();
        return null;
      } catch (error) {
        if (isFault(error, 'CANT_REREAD')) return describeError(error);
        throw error;
      }
    }, null);
  }

  /** How the processes of an application are. */
  async look(name: string, entry: string): Promise<SupervisorLook | 'offline'> {
    return await this.#unlessOffline(() => lookAt(this.#supervisor, name, entry));
  }

  /** Bytes that the log of a program has before it is started; 0 where that cannot be told. */
  async logSize(name: string, entry: string): Promise<number> {
    const options = parseIni(entry, { file: `${name}.conf` }).get(`program:${name}`);
    const file = options?.get('stdout_logfile')?.value.replaceAll('%%', '%') ?? '';
    try {
      return (await stat(file)).size;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
      throw error;
    }
  }

  /** The end of what a program has logged beyond the first `from` bytes, for a report of why it does not run. */
  async logTail(name: string, from: number): Promise<string> {
    return await this.#unlessOffline(async () => {
      const [process] = await this.#processes(name);
      if (!process) return '';
      try {
        const [text, size] = await this.#supervisor.tailProcessStdoutLog(`${name}:${process.name}`, 0, 2_000);
        // A log that is shorter than before was rotated, and is all of this start.
        const written = size < from ? size : size - from;
        const bytes = Buffer.from(text);
        return bytes.subarray(Math.max(0, bytes.length - written)).toString();
      } catch (error) {
        if (isFault(error, 'NO_FILE') || isFault(error, 'FAILED') || isFault(error, 'BAD_NAME')) return '';
        throw error;
      }
    }, '');
  }

  /** What `supervisorctl update NAME` does: only this application's group is touched. */
  async #takeUp(name: string): Promise<boolean> {
    const { added, changed, removed } = await this.#supervisor.reloadConfig();
    if (changed.includes(name) || removed.includes(name)) {
      await this.#supervisor.stopProcessGroup(name);
      await this.#supervisor.removeProcessGroup(name);
    }
    const isNew = added.includes(name) || changed.includes(name);
    if (isNew) await this.#supervisor.addProcessGroup(name);
    return isNew;
  }

  async #start(
    name: string,
    entry: string,
    isNew: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ProgramState> {
    const options = parseIni(entry, { file: `${name}.conf` }).get(`program:${name}`);
    if (options?.get('autostart')?.value.trim() === 'false') return 'not-started';
    const startSeconds = Number.parseInt(options?.get('startsecs')?.value ?? '1', 10) || 1;
    const deadline = this.#clock.monotonic() + settleMs + startSeconds * 1000;
    // A group that is new is started by the supervisor itself; one that was only stopped is not.
    let asked = !isNew;
    if (!isNew) await this.#supervisor.startProcessGroup(name, false);
    for (;;) {
      const states = (await this.#processes(name)).map((process) => process.statename);
      if (states.length === 0) return 'fatal';
      if (states.includes('FATAL') && !states.includes('STARTING')) return 'fatal';
      if (states.includes('STOPPED') && !asked) {
        await this.#supervisor.startProcessGroup(name, false);
        asked = true;
      } else if (states.every((state) => state === 'RUNNING')) {
        return 'up';
      } else if (states.every((state) => state === 'RUNNING' || state === 'EXITED')) {
        return 'ended';
      }
      if (this.#clock.monotonic() > deadline) return 'undecided';
      await this.#clock.sleep(askEveryMs, signal);
    }
  }

  async #processes(name: string): Promise<ProcessInfo[]> {
    return (await this.#supervisor.getAllProcessInfo()).filter((process) => process.group === name);
  }

  async #unlessOffline<T>(work: () => Promise<T>): Promise<T | 'offline'>;
  async #unlessOffline<T, U>(work: () => Promise<T>, otherwise: U): Promise<T | U>;
  async #unlessOffline<T>(work: () => Promise<T>, otherwise: unknown = 'offline'): Promise<unknown> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SupervisorUnreachable) return otherwise;
      throw error;
    }
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.conf`);
  }
}
