import { describeError } from '@gateway-engine/host';
import { byPriority, type GroupConfig } from './config/groups.ts';
import { dependenciesFirst } from './config/start-order.ts';
import type { EventBus } from './events/event-bus.ts';
import { ListenerPool } from './events/listener-pool.ts';
import { forgetGroups, forgetOthers, writeGroups } from './instance/program-record.ts';
import { findRestored, type Left, sameConfig } from './instance/restore.ts';
import { endStrays } from './instance/strays.ts';
import { Program, type ProgramParts } from './program.ts';
import { StartOrder } from './start-order.ts';
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

export type SupervisorParts = Omit<ProgramParts, 'mayStart' | 'pool' | 'order'>;

/** The active groups of programs, and those that the configuration names. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #groups = new Map<string, ProcessGroup>();
  readonly #read: () => readonly GroupConfig[];
  #configured: readonly GroupConfig[];
  #state: SupervisorState = 'RUNNING';
  #onEnd: (() => void) | undefined;
  #leavesPrograms = false;
  readonly #order: StartOrder;

  /** `read` gives the groups of the configuration as it is now; throws ConfigError. */
  constructor(
    parts: SupervisorParts,
    configured: readonly GroupConfig[],
    read: () => readonly GroupConfig[],
  ) {
    this.#parts = parts;
    this.#order = new StartOrder(() => [...this.#groups.values()].flatMap((group) => group.programs), {
      log: parts.log,
      mayStart: () => this.#state === 'RUNNING',
    });
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

  /**
   * Goes on with what a supervisor before this one left running, makes the configured groups active and starts what
   * starts by itself, in the order of priority.
   */
  async start(): Promise<void> {
    const { state } = this.#parts;
    const { groups, strays } = findRestored(state, this.#configured);
    for (const { config, left } of groups) await this.#make(config, left);
    await endStrays(strays, this.#parts);
    forgetOthers(
      state,
      groups.flatMap(({ config }) => config.processes),
    );
    this.#parts.cgroups.sweep(groups.flatMap(({ config }) => config.processes));
    this.#noteGroups();
    this.#events.notify('SUPERVISOR_STATE_CHANGE_RUNNING', () => '');
    this.#autostart(this.#byPriority().flatMap(({ programs }) => programs));
    for (const { config, left } of groups) this.#autostartAfterStop(config, left);
  }

  /** Reads the configuration again. Nothing of what is active changes. */
  reload(): GroupChanges {
    this.#configured = this.#read();
    const isNew = (config: GroupConfig) => !this.#groups.has(config.name);
    const differs = (config: GroupConfig) => {
      const active = this.#groups.get(config.name)?.config;
      return active !== undefined && !sameConfig(config, active);
    };
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
    const group = await this.#make(config, new Map());
    this.#noteGroups();
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
    this.#noteGroups();
    this.#events.notify('PROCESS_GROUP_REMOVED', () => `groupname:${name}\n`);
    return true;
  }

  /** Asks for the end, or for a new beginning. Returns at once. The end wins over a new beginning. */
  requestEnd(state: 'SHUTDOWN' | 'RESTARTING'): void {
    if (this.#state === 'SHUTDOWN') return;
    this.#state = state;
    this.#onEnd?.();
  }

  /** Asks for the end, leaving all programs running for the supervisor that comes next. */
  requestDetach(): void {
    if (this.#state === 'SHUTDOWN') return;
    this.#leavesPrograms = true;
    this.requestEnd('SHUTDOWN');
  }

  /** Resolves when an end was asked for. */
  async endRequested(): Promise<void> {
    if (this.#state === 'RUNNING') await new Promise<void>((resolve) => (this.#onEnd = resolve));
  }

  /** Stops everything, one group after the other, the one with the highest priority number first; or leaves it running. */
  async stopAll(): Promise<void> {
    this.#events.notify('SUPERVISOR_STATE_CHANGE_STOPPING', () => '');
    const report = setInterval(() => this.#reportWaiting(), 3000);
    try {
      for (const group of this.#byPriority().reverse()) {
        // Nobody can go on with a listener.
        if (this.#leavesPrograms && !group.pool) continue;
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
    if (!this.#leavesPrograms) forgetGroups(this.#parts.state);
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
    program.stopForEnd();
    await program.process.until((state) => stoppedStates.includes(state));
    program.care.endRemains();
  }

  #reportWaiting(): void {
    const names = [...this.#groups.values()]
      .flatMap((group) => group.programs)
      .filter((program) => !stoppedStates.includes(program.process.state))
      .map((program) => program.config.name);
    if (names.length > 0) this.#parts.log.info(`waiting for ${names.join(', ')} to die`);
  }

  /** For a supervisor that comes after this one. */
  #noteGroups(): void {
    if (this.#state !== 'RUNNING') return;
    try {
      writeGroups(
        this.#parts.state,
        [...this.#groups.values()].map((group) => group.config),
      );
    } catch (error) {
      this.#parts.log.error(`cannot note the active groups: ${describeError(error)}`);
    }
  }

  async #make(config: GroupConfig, left: ReadonlyMap<string, Left>): Promise<ProcessGroup> {
    const programs: Program[] = [];
    const pool = config.pool
      ? new ListenerPool(config.name, config.pool, { ...this.#parts, bus: this.#events })
      : undefined;
    const group = { config, programs, pool };
    // Taken at once, so that two calls at the same time cannot make it twice.
    this.#groups.set(config.name, group);
    try {
      const parts = { ...this.#parts, pool, order: this.#order, mayStart: () => this.#state === 'RUNNING' };
      for (const processConfig of config.processes)
        programs.push(await Program.make(processConfig, parts, left.get(processConfig.name)));
    } catch (error) {
      this.remove(config.name);
      throw error;
    }
    this.#events.notify('PROCESS_GROUP_ADDED', () => `groupname:${config.name}\n`);
    return group;
  }

  /** The supervisor before was killed while it stopped everything, to end or to begin anew. */
  #autostartAfterStop(config: GroupConfig, left: ReadonlyMap<string, Left>): void {
    for (const program of this.#groups.get(config.name)?.programs ?? []) {
      if (!left.get(program.config.name)?.record.forEnd || !program.config.autostart) continue;
      void program.process
        .until((state) => stoppedStates.includes(state))
        .then(() => {
          if (this.#state === 'RUNNING' && stoppedStates.includes(program.process.state))
            void program.begin(); // STOPPED -> STARTING
        });
    }
  }

  #autostart(programs: readonly Program[]): void {
    for (const program of dependenciesFirst(programs)) {
      if (program.config.autostart && program.process.state === 'STOPPED' && program.process.startedAt === 0)
        void program.begin(); // STOPPED -> STARTING
    }
  }
}
