import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory, syncDirectory } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { appOf } from './tarball-app.ts';
import { unpackTarball } from './unpack.ts';

/**
 * The files of installs: tarballs on their way in `cache/`, those of installed versions in `cache/packages/`, packages
 * being made in `apps/.staging/`, installed ones in `apps/`.
 */
export class PackageFiles {
  readonly #layout: HomeLayout;

  constructor(layout: HomeLayout) {
    this.#layout = layout;
  }

  /** Where the tarball of an install is kept until the install has ended. */
  tarball(id: number): string {
    return join(this.#layout.cache, `${id}.tar.gz`);
  }

  folder(name: string, version: string): string {
    return join(this.#layout.apps, name, version);
  }

  /** Where the tarball of an installed version is kept, to be gone back to. */
  kept(name: string, version: string): string {
    return join(this.#layout.packages, this.keptName(name, version));
  }

  keptName(name: string, version: string): string {
    return `${name}.v${version}.tar.gz`;
  }

  /** Keeps the tarball of an install that has been committed. May be repeated. */
  async keep(id: number, name: string, version: string): Promise<void> {
    if (!(await isThere(this.tarball(id)))) return;
    await makeDirectory(this.#layout.packages);
    await rename(this.tarball(id), this.kept(name, version));
    await syncDirectory(this.#layout.packages);
  }

  /** Installs whose tarballs are in the cache. */
  async cached(): Promise<number[]> {
    const names = await namesIn(this.#layout.cache);
    return names.flatMap((name) => /^(\d+)\.tar\.gz$/.exec(name)?.[1] ?? []).map(Number);
  }

  async prepareCache(): Promise<void> {
    await makeDirectory(this.#layout.cache);
  }

  async copyIntoCache(id: number, file: string): Promise<void> {
    await this.prepareCache();
    await copyFile(file, this.tarball(id));
    const copy = await open(this.tarball(id), 'r');
    try {
      await copy.sync();
    } finally {
      await copy.close();
    }
  }

  async prepareStaging(): Promise<void> {
    await makeDirectory(this.#layout.staging);
  }

  /** Unpacks the tarball of an install beside its final place. */
  async stage(id: number, topDirectory: string | undefined): Promise<void> {
    await this.prepareStaging();
    await rm(this.#unpacking(id), { recursive: true, force: true });
    await unpackTarball(createReadStream(this.tarball(id)), topDirectory, this.#unpacking(id));
    await rename(this.#unpacking(id), this.#staged(id));
    await syncDirectory(this.#layout.staging);
  }

  /** Where the package of an install is unpacked. */
  unpacked(id: number): string {
    return this.#staged(id);
  }

  /** Whether all of the package is unpacked beside its final place. */
  async isStaged(id: number): Promise<boolean> {
    return await isThere(this.#staged(id));
  }

  /**
   * Moves the staged package to its place. The same version that is there already and may be needed again (`keep`) is
   * moved aside. May be repeated after an interruption.
   */
  async place(id: number, name: string, version: string, keep: boolean): Promise<string> {
    const folder = this.folder(name, version);
    await mkdir(dirname(folder), { recursive: true });
    if (!(await isThere(this.#staged(id)))) return folder;
    if (keep && !(await isThere(this.#aside(id))) && (await isThere(folder))) {
      await rename(folder, this.#aside(id));
    } else {
      await rm(folder, { recursive: true, force: true });
    }
    await rename(this.#staged(id), folder);
    await this.#syncPlaces(folder);
    return folder;
  }

  /** Takes the package of an install away again and puts back the one that was moved aside. May be repeated. */
  async takeBack(id: number, name: string, version: string, previousVersion: string | null): Promise<void> {
    const folder = this.folder(name, version);
    const aside = await isThere(this.#aside(id));
    if (aside || version !== previousVersion) await rm(folder, { recursive: true, force: true });
    if (aside) await rename(this.#aside(id), folder);
    if ((await namesIn(dirname(folder))).length === 0) {
      // A first install that failed leaves nothing.
      await rm(dirname(folder), { recursive: true, force: true });
      await syncDirectory(this.#layout.apps);
    }
    if (await isThere(dirname(folder))) await this.#syncPlaces(folder);
  }

  /** Unpacks the package that is kept of a version to its place, from where it has got lost. */
  async restore(name: string, version: string, topDirectory: string | undefined): Promise<void> {
    await this.prepareStaging();
    const unpacking = join(this.#layout.staging, `restored.${name}`);
    await rm(unpacking, { recursive: true, force: true });
    await unpackTarball(createReadStream(this.kept(name, version)), topDirectory, unpacking);
    await mkdir(dirname(this.folder(name, version)), { recursive: true });
    await rename(unpacking, this.folder(name, version));
    await this.#syncPlaces(this.folder(name, version));
  }

  /** Removes what an ended install leaves: its tarball, its staging folders. */
  async clean(id: number): Promise<void> {
    await rm(this.#aside(id), { recursive: true, force: true });
    await this.makeRoom(id);
  }

  /** Removes what an install that has failed needs no more; what it replaced stays, to be put back. */
  async makeRoom(id: number): Promise<void> {
    await rm(this.#unpacking(id), { recursive: true, force: true });
    await rm(this.#staged(id), { recursive: true, force: true });
    for (const name of await namesIn(this.#layout.cache)) {
      if (name.startsWith(`${id}.tar.gz`)) await rm(join(this.#layout.cache, name), { force: true });
    }
  }

  /** Removes all versions of an application. May be repeated. */
  async removeApp(name: string): Promise<void> {
    await this.removeOldVersions(name, []);
    await rm(join(this.#layout.apps, name), { recursive: true, force: true });
    await syncDirectory(this.#layout.apps);
  }

  /** Removes what no unfinished install needs: leftovers of a power cut. */
  async cleanAllBut(ids: readonly number[]): Promise<void> {
    const isNeeded = (name: string) => ids.some((id) => name === String(id) || name.startsWith(`${id}.`));
    for (const folder of [this.#layout.staging, this.#layout.cache]) {
      for (const name of await namesIn(folder)) {
        const path = join(folder, name);
        if (!isNeeded(name) && path !== this.#layout.packages)
          await rm(path, { recursive: true, force: true });
      }
    }
  }

  /** Removes the versions of an application that are neither current nor the one before. */
  async removeOldVersions(name: string, keep: readonly (string | null)[]): Promise<void> {
    const folder = join(this.#layout.apps, name);
    for (const version of await namesIn(folder)) {
      if (!keep.includes(version)) await rm(join(folder, version), { recursive: true, force: true });
    }
    for (const tarball of await namesIn(this.#layout.packages)) {
      const isOfIt = appOf(tarball) === name;
      const isKept = keep.some((version) => version !== null && tarball === this.keptName(name, version));
      if (isOfIt && !isKept) await rm(join(this.#layout.packages, tarball), { force: true });
    }
  }

  #staged(id: number): string {
    return join(this.#layout.staging, String(id));
  }

  #unpacking(id: number): string {
    return join(this.#layout.staging, `${id}.unpacking`);
  }

  #aside(id: number): string {
    return join(this.#layout.staging, `${id}.before`);
  }

  async #syncPlaces(folder: string): Promise<void> {
    await syncDirectory(this.#layout.staging);
    await syncDirectory(dirname(folder));
    await syncDirectory(this.#layout.apps);
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
