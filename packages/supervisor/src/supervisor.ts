import { isDeepStrictEqual } from 'node:util';
import { byPriority, type GroupConfig } from './config/groups.ts';
import type { EventBus } from './events/event-bus.ts';
import { ListenerPool } from './events/listener-pool.ts';
import { forgetOthers } from './instance/child-record.ts';
import { Program, type ProgramParts } from './program.ts';
import { type SupervisorState, stoppedStates } from './states.ts';

export interface ProcessGroup {
  readonly config: GroupConfig;
  /** By priority. */
  readonly programs: readonly Program[];
  /** Of event listeners. */
  readonly pool: ListenerPool | undefined;
}

export interface GroupChanges {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

export type SupervisorParts = Omit<ProgramParts, 'mayStart' | 'pool'>;

/** The active groups of programs, and those that the configuration names. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #groups = new Map<string, ProcessGroup>();
  readonly #read: () => readonly GroupConfig[];
  #configured: readonly GroupConfig[];
  #state: SupervisorState = 'RUNNING';
  #onEnd: (() => void) | undefined;

  /** `read` gives the groups of the configuration as it is now; throws ConfigError. */
  constructor(
    parts: SupervisorParts,
    configured: readonly GroupConfig[],
    read: () => readonly GroupConfig[],
  ) {
    this.#parts = parts;
    this.#configured = configured;
    this.#read = read;
  }

  get state(): SupervisorState {
    return this.#state;
  }

  get #events(): EventBus {
    return this.#parts.events;
  }

  get groups(): ReadonlyMap<string, ProcessGroup> {
    return this.#groups;
  }

  get configured(): readonly GroupConfig[] {
    return this.#configured;
  }

  /** Makes all configured groups active and starts what starts by itself, in the order of priority. */
  async start(): Promise<void> {
    forgetOthers(
      this.#parts.stateDirectory,
      this.#configured.flatMap((group) => group.processes),
    );
    for (const config of this.#configured) await this.#make(config);
    this.#events.notify('SUPERVISOR_STATE_CHANGE_RUNNING', () => '');
    for (const { programs } of this.#byPriority()) this.#autostart(programs);
  }

  /** Reads the configuration again. Nothing of what is active changes. */
  reload(): GroupChanges {
    this.#configured = this.#read();
    const isNew = (config: GroupConfig) => !this.#groups.has(config.name);
    const differs = (config: GroupConfig) =>
      !isDeepStrictEqual(config, this.#groups.get(config.name)?.config);
    return {
      added: this.#configured.filter(isNew).map((config) => config.name),
      changed: this.#configured
        .filter((config) => !isNew(config) && differs(config))
        .map((config) => config.name),
      removed: [...this.#groups.keys()].filter(
        (name) => !this.#configured.some((config) => config.name === name),
      ),
    };
  }

  /** Makes a configured group active. False when it is already. */
  async add(config: GroupConfig): Promise<boolean> {
    if (this.#groups.has(config.name)) return false;
    const group = await this.#make(config);
    if (this.#state === 'RUNNING') this.#autostart(group.programs);
    return true;
  }

  /** Takes a group out. False while something of it is up. */
  remove(name: string): boolean {
    const group = this.#groups.get(name);
    if (group?.programs.some((program) => !stoppedStates.includes(program.process.state))) return false;
    this.#groups.delete(name);
    group?.pool?.close();
    for (const program of group?.programs ?? []) {
      program.close();
      program.forget();
    }
    this.#events.notify('PROCESS_GROUP_REMOVED', () => `groupname:${name}\n`);
    return true;
  }

  /** Asks for the end, or for a new beginning. Returns at once. The end wins over a new beginning. */
  requestEnd(state: 'SHUTDOWN' | 'RESTARTING'): void {
    if (this.#state === 'SHUTDOWN') return;
    this.#state = state;
    this.#onEnd?.();
  }

  /** Resolves when an end was asked for. */
  async endRequested(): Promise<void> {
    if (this.#state === 'RUNNING') await new Promise<void>((resolve) => (this.#onEnd = resolve));
  }

  /** Stops everything, one group after the other, the one with the highest priority number first. */
  async stopAll(): Promise<void> {
    this.#events.notify('SUPERVISOR_STATE_CHANGE_STOPPING', () => '');
    const report = setInterval(() => this.#reportWaiting(), 3000);
    try {
      for (const group of this.#byPriority().reverse()) {
        if (group.pool) await this.#letListen(group.pool);
        await Promise.all([...group.programs].reverse().map((program) => this.#stopForEnd(program)));
      }
    } finally {
      clearInterval(report);
    }
    for (const { programs, pool } of this.#groups.values()) {
      pool?.close();
      for (const program of programs) program.close();
    }
    this.#groups.clear();
  }

  #byPriority(): ProcessGroup[] {
    const named = [...this.#groups.values()].map((group) => ({ ...group.config, group }));
    return byPriority(named).map(({ group }) => group);
  }

  /** Listeners are told of the end before it is theirs, if they listen. */
  async #letListen(pool: ListenerPool): Promise<void> {
    const { clock } = this.#parts;
    const latest = clock.monotonic() + 1000;
    while (pool.isBusy && clock.monotonic() < latest) await clock.sleep(20);
  }

  async #stopForEnd(program: Program): Promise<void> {
    program.process.stopForShutdown();
    await program.process.until((state) => stoppedStates.includes(state));
  }

  #reportWaiting(): void {
    const names = [...this.#groups.values()]
      .flatMap((group) => group.programs)
      .filter((program) => !stoppedStates.includes(program.process.state))
      .map((program) => program.config.name);
    if (names.length > 0) this.#parts.log.info(`waiting for ${names.join(', ')} to die`);
  }

  async #make(config: GroupConfig): Promise<ProcessGroup> {
    const programs: Program[] = [];
    const pool = config.pool
      ? new ListenerPool(config.name, config.pool, { ...this.#parts, bus: this.#events })
      : undefined;
    const group = { config, programs, pool };
    // Taken at once, so that two calls at the same time cannot make it twice.
    this.#groups.set(config.name, group);
    try {
      const parts = { ...this.#parts, pool, mayStart: () => this.#state === 'RUNNING' };
      for (const processConfig of config.processes) programs.push(await Program.make(processConfig, parts));
    } catch (error) {
      this.remove(config.name);
      throw error;
    }
    this.#events.notify('PROCESS_GROUP_ADDED', () => `groupname:${config.name}\n`);
    return group;
  }

  #autostart(programs: readonly Program[]): void {
    for (const program of programs) {
      if (program.config.autostart && program.process.state === 'STOPPED' && program.process.startedAt === 0)
        program.process.start(); // STOPPED -> STARTING
    }
  }
}
