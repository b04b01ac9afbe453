import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Clock, describeError } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';
import type { SupervisorLog } from '../log.ts';
import type { Child } from '../process/child.ts';
import { SpawnError } from '../process/find-command.ts';
import { statFields } from '../process/process-group.ts';
import { applyLimit, rlimitCommands } from './apply-limit.ts';
import type { Cgroups } from './cgroups.ts';
import { decideLimits, type LimitInForce, limitOptions } from './decide-limits.ts';
import { type LaunchPrefix, launchPrefix } from './launch-prefix.ts';
import { LimitWatch } from './limit-watch.ts';
import { mostOpenFiles } from './open-files.ts';
import { type ProgramCgroup, removeCgroup } from './program-cgroup.ts';
import { relatives } from './relatives.ts';

const controllerOf = { memory_max: 'memory', cpu_max: 'cpu', pids_max: 'pids' } as const;

/** Keeps the processes of one program together and within its limits, by what this machine offers. */
export class Confinement {
  readonly #config: ProcessConfig;
  readonly #cgroups: Cgroups;
  readonly #log: SupervisorLog;
  readonly #watch: LimitWatch;
  #cgroup: ProgramCgroup | undefined;
  #limits: readonly LimitInForce[] = [];
  #pid = 0;

  constructor(config: ProcessConfig, parts: { cgroups: Cgroups; log: SupervisorLog; clock: Clock }) {
    this.#config = config;
    this.#cgroups = parts.cgroups;
    this.#log = parts.log;
    this.#cgroup = parts.cgroups.programCgroup(config);
    this.#watch = new LimitWatch(config.name, parts);
  }

  /** The limits of the run of now, or of the last one. */
  get limits(): readonly LimitInForce[] {
    return this.#limits;
  }

  /** The directory of its cgroup of version 2; undefined where there is none. */
  get cgroupDirectory(): string | undefined {
    return this.#cgroup?.directory;
  }

  /** To be called when it has ended and is about to start again. */
  startIsNear(): void {
    if (this.#cgroup) this.#cgroups.startIsNear();
  }

  /** Makes ready for a run. Throws SpawnError when a limit cannot be enforced. */
  prepare(): LaunchPrefix | undefined {
    this.#cgroup = this.#cgroups.programCgroup(this.#config);
    this.#endRemains('starts anew');
    this.#limits = this.#decide();
    const must: number[] = [];
    let may: number | undefined;
    try {
      for (const directory of this.#limitDirectories()) must.push(enterable(directory));
      if (this.#cgroup && !this.#limitDirectories().includes(this.#cgroup.directory))
        may = this.#openCage(this.#cgroup);
      for (const limit of this.#limits) {
        const directory = this.#directoryOf(limit);
        if (directory !== undefined) applyLimit(limit, directory);
      }
    } catch (cause) {
      for (const file of [...must, ...(may === undefined ? [] : [may])]) closeSync(file);
      throw new SpawnError('other', `cannot confine '${this.#config.name}': ${describeError(cause)}`, cause);
    }
    return launchPrefix({ must, may, commands: rlimitCommands(this.#limits) });
  }

  /** Takes charge of a run that `prepare` made ready. */
  started(pid: number): void {
    this.#pid = pid;
    for (const { option, value, mechanism, note } of this.#limits)
      this.#log.info(
        `${this.#config.name}: ${option}=${value} is enforced by ${mechanism}${note === '' ? '' : ` (${note})`}`,
      );
    this.#watch.start(this.#limits.map((limit) => ({ limit, directory: this.#directoryOf(limit) })));
  }

  /** Takes charge of a run that a supervisor before this one started. */
  adopt(pid: number): void {
    const cgroup = this.#cgroup;
    const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
    // It was started without one, or where cgroups could not be made.
    if (cgroup && basename(path) !== basename(cgroup.directory)) this.#cgroup = undefined;
    this.#limits = this.#decide().filter((limit) => {
      const directory = this.#directoryOf(limit);
      if (directory === undefined) return true;
      try {
        applyLimit(limit, directory);
        return true;
      } catch (error) {
        this.#log.warn(
          `${this.#config.name}: ${limit.option} is in force from its next start on: ${describeError(error)}`,
        );
        return false;
      }
    });
    this.started(pid);
  }

  /** Tells of what the limits did. To be called when the program itself has ended. */
  leaderEnded(beingStopped: boolean): void {
    this.#watch.stop();
    const left = beingStopped ? [] : (this.#cgroup?.members() ?? []);
    if (left.length > 0)
      this.#log.info(
        `${this.#config.name}: processes that it started go on (pid ${left.join(', ')}) until it is stopped or starts again`,
      );
  }

  /** To be called when the program counts as stopped: nothing of it may be left. */
  stopped(serverUrl: string | undefined): void {
    this.#watch.stop();
    if (!this.#cgroup) this.#reportRemains(serverUrl);
    // Of most programs nothing is left, and the removal itself tells.
    else if (!this.#remove(this.#cgroup.directory)) this.#endRemains('was stopped');
    this.#removeDirectories();
  }

  /** Touches no process. */
  release(): void {
    this.#watch.stop();
  }

  /** A child whose group is everything in its cgroup, whatever sessions and process groups it made. */
  widen<T extends Child>(child: T): T {
    const cgroup = this.#cgroup;
    if (!cgroup) return child;
    const groupOf = (pid: number) => Number(statFields(pid)?.[2]);
    return {
      ...child,
      signal: (signal, target) => {
        if (target === 'process') return child.signal(signal, 'process');
        if (signal === 'SIGKILL') cgroup.kill();
        else cgroup.signalOutside(child.pid, signal, groupOf);
        return child.signal(signal, 'group') || cgroup.isPopulated();
      },
      groupIsAlive: () => child.groupIsAlive() || cgroup.isPopulated(),
    };
  }

  /** Its process and all descendants; without a cgroup, those that can be told to be so. */
  members(): number[] {
    const inCgroup = this.#cgroup?.members() ?? [];
    return inCgroup.length > 0 || this.#pid === 0 ? inCgroup : relatives(this.#pid);
  }

  #decide(): LimitInForce[] {
    const uid = this.#config.user?.uid;
    const { inForce, refusals } = decideLimits(this.#config.extras.limits, {
      controller: (name) => this.#cgroups.offer(name),
      root: (uid ?? process.getuid?.()) === 0,
      get mostFiles() {
        return mostOpenFiles(uid);
      },
    });
    if (refusals.length > 0) throw new SpawnError('other', refusals.join('; '));
    return inForce;
  }

  #directoryOf(limit: LimitInForce): string | undefined {
    if (limit.mechanism === 'rlimit' || limit.option === 'nofile') return undefined;
    const offer = this.#cgroups.offer(controllerOf[limit.option]);
    return offer.version === undefined ? undefined : offer.directoryOf(this.#config);
  }

  #limitDirectories(): string[] {
    return [...new Set(this.#limits.flatMap((limit) => this.#directoryOf(limit) ?? []))];
  }

  #openCage(cgroup: ProgramCgroup): number | undefined {
    try {
      return enterable(cgroup.directory);
    } catch (error) {
      this.#log.warn(`${this.#config.name} has no cgroup of its own: ${describeError(error)}`);
      this.#cgroup = undefined;
      return undefined;
    }
  }

  #endRemains(why: string): void {
    const members = this.#cgroup?.members() ?? [];
    if (members.length === 0) return;
    this.#log.warn(
      `killing processes of '${this.#config.name}', which ${why}, that outlived it: pid ${members.join(', ')}`,
    );
    this.#cgroup?.kill();
    // They hold ports and files that the next run wants. A kill takes a millisecond or two.
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 0; round < 50 && this.#cgroup?.isPopulated(); round++) Atomics.wait(pause, 0, 0, 1);
  }

  #reportRemains(serverUrl: string | undefined): void {
    const remains = relatives(this.#pid, {
      SUPERVISOR_PROCESS_NAME: this.#config.name,
      SUPERVISOR_GROUP_NAME: this.#config.group,
      ...(serverUrl === undefined ? {} : { SUPERVISOR_SERVER_URL: serverUrl }),
    });
    if (remains.length > 0)
      this.#log.warn(
        `'${this.#config.name}' was stopped, but processes that left its process group still run: pid ${remains.join(', ')} (without a cgroup v2 they are not killed)`,
      );
  }

  #removeDirectories(): void {
    const legacy = limitOptions.flatMap((option) => {
      const offer =
        option === 'nofile' || this.#limits.every((limit) => limit.option !== option)
          ? undefined
          : this.#cgroups.offer(controllerOf[option]);
      return offer?.version === 1 ? [offer.directoryOf(this.#config)] : [];
    });
    for (const directory of [this.#cgroup?.directory, ...legacy]) {
      if (directory !== undefined) this.#remove(directory);
    }
  }

  /** False while something is in it. */
  #remove(directory: string): boolean {
    try {
      return removeCgroup(directory);
    } catch (error) {
      this.#log.debug(`cannot remove ${directory}: ${describeError(error)}`);
      return false;
    }
  }
}

/** Makes a cgroup if need be, and opens what a process writes to to enter it. */
function enterable(directory: string): number {
  mkdirSync(directory, { recursive: true });
  return openSync(join(directory, 'cgroup.procs'), 'r+');
}
