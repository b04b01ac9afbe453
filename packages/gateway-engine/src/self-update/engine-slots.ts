import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, readTextIfPresent, syncDirectory, writeDurably } from '@gateway-engine/host';

/** A version of the engine that has to prove itself: which, what runs again if it does not, and how long it may take. */
export interface Trial {
  readonly version: string;
  readonly previous: string;
  readonly seconds: number;
}

/** A trial that has ended badly, and how. */
export interface FailedTrial {
  readonly version: string;
  readonly reason: string;
}

/**
 * The versions of the engine in a home: `engine/VERSION/bin/...`, and the file `engine/current` that names the one whose
 * programs the scripts in `bin/` run. A file and no link: it is replaced in one step also by a shell.
 *
 * While `engine/trial` is there the version it names is on probation. The start scripts count its starts, and go back to
 * the version before by themselves when it cannot even start, or does not pass in time: code that is broken cannot be
 * trusted to undo itself.
 */
export class EngineSlots {
  readonly folder: string;

  /** `folder`: the home's `engine/`. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** The version whose programs run; undefined where the engine runs from elsewhere, and cannot replace itself. */
  async current(): Promise<string | undefined> {
    return (await readTextIfPresent(join(this.folder, 'current')))?.trim() || undefined;
  }

  slot(version: string): string {
    return join(this.folder, version);
  }

  /** Moves an unpacked package to its slot. Whatever was there is replaced, but never what runs. May be repeated. */
  async place(unpacked: string, version: string): Promise<void> {
    if ((await this.current()) === version) throw new Error(`version ${version} of the engine runs`);
    await makeDirectory(this.folder);
    await rm(this.slot(version), { recursive: true, force: true });
    await rename(unpacked, this.slot(version));
    await syncDirectory(this.folder);
  }

  /**
   * Copies the programs of a package (what is in its `bin/`) to its slot, and the version becomes the current one, without
   * probation. It may be the one that runs: each file is replaced in one step, so that there is a whole one at any time.
   */
  async install(folder: string, version: string): Promise<void> {
    const from = join(folder, 'bin');
    const to = join(this.slot(version), 'bin');
    await makeDirectory(to);
    for (const name of await readdir(from)) {
      const unfinished = join(to, `.${name}.new`);
      try {
        await rm(unfinished, { force: true });
        await cp(join(from, name), unfinished, { verbatimSymlinks: true });
        await rename(unfinished, join(to, name));
      } catch (error) {
        // On a full disk others need the room of what was not finished.
        await rm(unfinished, { force: true });
        throw error;
      }
    }
    await syncDirectory(to);
    await this.#setCurrent(version);
    await rm(this.#file('trial'), { force: true });
    await this.forgetFailed();
  }

  /** From now on the scripts start this version, on probation. */
  async begin({ version, previous, seconds }: Trial): Promise<void> {
    await this.#forgetTrial();
    await writeDurably(this.#file('trial'), `${version}\n${previous}\n${seconds}\n`);
    await this.#setCurrent(version);
  }

  async trial(): Promise<Trial | undefined> {
    return asTrial(await readTextIfPresent(this.#file('trial')));
  }

  /** The version on probation stays. */
  async pass(): Promise<void> {
    await rm(this.#file('trial'), { force: true });
    await this.#forgetTrial();
    await syncDirectory(this.folder);
  }

  /** Goes back to the version before, as the scripts do. */
  async goBack(reason: string): Promise<void> {
    const trial = await this.trial();
    if (!trial) return;
    await this.#setCurrent(trial.previous);
    await writeDurably(this.#file('trial.reason'), `${reason}\n`);
    await rename(this.#file('trial'), this.#file('trial.failed'));
    await syncDirectory(this.folder);
  }

  /** The last trial, when it ended badly and `forgetFailed` was not called since. */
  async failed(): Promise<FailedTrial | undefined> {
    const trial = asTrial(await readTextIfPresent(this.#file('trial.failed')));
    if (!trial) return undefined;
    const reason = (await readTextIfPresent(this.#file('trial.reason')))?.trim();
    return { version: trial.version, reason: reason || 'it did not start' };
  }

  async forgetFailed(): Promise<void> {
    await rm(this.#file('trial.failed'), { force: true });
    await this.#forgetTrial();
  }

  /** Removes all versions but these. */
  async removeAllBut(versions: readonly string[]): Promise<void> {
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !versions.includes(entry.name)) {
        await rm(this.slot(entry.name), { recursive: true, force: true });
      }
    }
  }

  async #setCurrent(version: string): Promise<void> {
    await writeDurably(this.#file('current'), `${version}\n`);
  }

  async #forgetTrial(): Promise<void> {
    for (const name of ['trial.starts.gwe', 'trial.starts.gwe-supervisord', 'trial.reason']) {
      await rm(this.#file(name), { force: true });
    }
  }

  #file(name: string): string {
    return join(this.folder, name);
  }
}

function asTrial(text: string | undefined): Trial | undefined {
  const [version, previous, seconds] = text?.split('\n') ?? [];
  return version && previous ? { version, previous, seconds: Number(seconds) } : undefined;
}
