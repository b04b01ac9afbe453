import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeError } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';
import type { SupervisorLog } from '../log.ts';
import { type Controller, type OwnCgroups, readOwnCgroups } from './cgroup-mounts.ts';
import { EarlyGrace } from './early-grace.ts';
import { enterCgroup, ProgramCgroup, removeCgroup } from './program-cgroup.ts';

export type ProgramName = Pick<ProcessConfig, 'group' | 'name'>;

/** A controller that can be used for programs, or why none can. */
export type ControllerOffer =
  | { readonly version: 1 | 2; directoryOf(program: ProgramName): string }
  | { readonly version: undefined; readonly reason: string };

/** What the supervisor itself is in, where a site wants it beside its programs and not above them. */
const supervisorLeaf = 'supervisor';

/**
 * The cgroups of this supervisor's programs: `gwe-ID/GROUP:NAME` below the supervisor's own cgroup, in each hierarchy
 * that is used. ID is made from the state directory, so that a restarted supervisor finds them and two supervisors
 * never meet.
 */
export class Cgroups {
  readonly #own: OwnCgroups;
  readonly #folder: string;
  readonly #log: SupervisorLog;
  readonly #unified: string | undefined;
  readonly #offers = new Map<Controller, ControllerOffer>();
  readonly #grace: EarlyGrace;

  static open(parts: { stateDirectory: string; log: SupervisorLog; own?: OwnCgroups }): Cgroups {
    return new Cgroups(parts.stateDirectory, parts.log, parts.own ?? readOwnCgroups());
  }

  private constructor(stateDirectory: string, log: SupervisorLog, own: OwnCgroups) {
    this.#log = log;
    this.#grace = new EarlyGrace(log);
    this.#folder = `gwe-${createHash('sha256').update(realpathSync(stateDirectory)).digest('hex').slice(0, 12)}`;
    this.#own = {
      unified: own.unified === undefined ? undefined : this.#base(own.unified),
      legacy: new Map([...own.legacy].map(([controller, path]) => [controller, this.#base(path)])),
    };
    this.#unified = this.#openUnified(own.unified);
    for (const [controller, path] of own.legacy) this.#leave(path, this.#own.legacy.get(controller));
  }

  /** Undefined where no cgroup of version 2 can be made. */
  programCgroup(program: ProgramName): ProgramCgroup | undefined {
    return this.#unified === undefined
      ? undefined
      : new ProgramCgroup(join(this.#unified, safeName(program)));
  }

  /** To be called when a program is about to start in a cgroup that is there: it will be let in the sooner. */
  startIsNear(): void {
    this.#grace.begin();
  }

  /** How a controller can be used; what is needed for that is done at the first call. */
  offer(controller: Controller): ControllerOffer {
    const known = this.#offers.get(controller);
    if (known) return known;
    const offer = this.#findOffer(controller);
    this.#offers.set(controller, offer);
    return offer;
  }

  /** Kills what is left in cgroups of programs other than these: nobody else would. */
  sweep(kept: readonly ProgramName[]): void {
    if (this.#unified === undefined) return;
    const names = new Set(kept.map(safeName));
    for (const entry of readdirSync(this.#unified, { withFileTypes: true })) {
      if (!entry.isDirectory() || names.has(entry.name)) continue;
      const cgroup = new ProgramCgroup(join(this.#unified, entry.name));
      const members = cgroup.members();
      if (members.length > 0) {
        this.#log.warn(
          `killing what is left of '${entry.name}' from an earlier run: pid ${members.join(', ')}`,
        );
        cgroup.kill();
      } else cgroup.remove();
    }
  }

  /** Removes what is empty. */
  close(): void {
    this.#grace.close();
    for (const path of [this.#own.unified, ...this.#own.legacy.values()]) {
      if (path === undefined || !existsSync(join(path, this.#folder))) continue;
      try {
        removeCgroup(join(path, this.#folder));
      } catch (error) {
        this.#log.debug(`cannot remove ${join(path, this.#folder)}: ${describeError(error)}`);
      }
    }
  }

  /**
   * Where our cgroups go. Not below a cgroup of our own programs, though one of them may have started this
   * supervisor: stopping it would kill us.
   */
  #base(own: string): string {
    const parts = own.split('/');
    const inside = parts.indexOf(this.#folder);
    const path = inside === -1 ? own : parts.slice(0, inside).join('/');
    return basename(path) === supervisorLeaf ? dirname(path) : path;
  }

  /** Goes out of a cgroup of our own programs: its limits and its end are not for us. */
  #leave(own: string, base: string | undefined): void {
    if (base === undefined || !own.split('/').includes(this.#folder)) return;
    try {
      enterCgroup(base);
    } catch (error) {
      this.#log.warn(
        `this supervisor stays in the cgroup of one of its programs, and ends with that: ${describeError(error)}`,
      );
    }
  }

  #openUnified(own: string | undefined): string | undefined {
    const base = this.#own.unified;
    const why = (reason: string) =>
      this.#log.info(
        `programs have no cgroup of their own (${reason}): what leaves the process group of a program outlives its stop, and is reported then`,
      );
    if (base === undefined || own === undefined) {
      why('no cgroup v2 hierarchy is mounted');
      return undefined;
    }
    try {
      this.#leave(own, base);
      const folder = join(base, this.#folder);
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch (error) {
      why(describeError(error));
      return undefined;
    }
  }

  #findOffer(controller: Controller): ControllerOffer {
    const unified = this.#unified;
    if (unified !== undefined && words(join(dirname(unified), 'cgroup.controllers')).includes(controller)) {
      try {
        this.#delegate(dirname(unified), controller);
        this.#delegate(unified, controller);
        return { version: 2, directoryOf: (program) => join(unified, safeName(program)) };
      } catch (error) {
        return {
          version: undefined,
          reason: `cannot enable the cgroup controller ${controller} below ${dirname(unified)}: ${describeError(error)}`,
        };
      }
    }
    const legacy = this.#own.legacy.get(controller);
    if (legacy === undefined)
      return { version: undefined, reason: `there is no cgroup controller ${controller} to use here` };
    const folder = join(legacy, this.#folder);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      return {
        version: undefined,
        reason: `cannot make a cgroup for the controller ${controller}: ${describeError(error)}`,
      };
    }
    return { version: 1, directoryOf: (program) => join(folder, safeName(program)) };
  }

  /** Gives a controller to the cgroups below. A cgroup that does so may hold no process itself: we step aside. */
  #delegate(directory: string, controller: Controller): void {
    const file = join(directory, 'cgroup.subtree_control');
    if (words(file).includes(controller)) return;
    try {
      writeFileSync(file, `+${controller}`, { flag: 'r+' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      const leaf = join(directory, supervisorLeaf);
      mkdirSync(leaf, { recursive: true });
      enterCgroup(leaf);
      writeFileSync(file, `+${controller}`, { flag: 'r+' });
    }
  }
}

function words(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/**
 * GROUP:NAME as a file name, never one of the kernel's own (they have no colon). What is no plain character is
 * written as %XX; a very long name is cut and told apart by a hash.
 */
export function safeName({ group, name }: ProgramName): string {
  const plain = Buffer.from(`${group}:${name}`)
    .toString('latin1')
    .replace(/[^A-Za-z0-9_.:@+-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (plain.length <= 200) return plain;
  return `${plain.slice(0, 180)}:${createHash('sha256').update(plain).digest('hex').slice(0, 16)}`;
}
