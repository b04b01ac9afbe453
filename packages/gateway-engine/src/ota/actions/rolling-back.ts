import { createReadStream } from 'node:fs';
import { inspectTarball } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { installedManifest } from '../../apps/installed-manifest.ts';
import { makeCurrent, provideFor, unsettle } from '../../apps/settle.ts';
import type { Install } from '../install.ts';
import { endLeftoverInstaller, type InstallerResult, runInstaller } from '../installer.ts';
import { isThere, type PackageFiles } from '../package-files.ts';
import type { OtaParts } from '../parts.ts';
import type { ProgramState } from '../programs.ts';
import { done, failed, known, type Step, withNote } from './step.ts';

/**
 * Brings the version before back: its files, what its installer had put elsewhere (by running it again), its entry and
 * its program. Without a version before, what the failed one left is removed.
 */
export async function rollBack(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  // Nothing was stopped yet.
  if (!install.facts.previous) return done();
  const { name, version, previous, contents } = known(install);
  const { files, programs, journal } = parts;
  const notes: string[] = [];
  try {
    if (contents.supervisorConf !== undefined || previous.conf !== null) await programs.stop(name);
    endLeftoverInstaller(install.facts.installer);
    // The disk may be full: what is not needed any more goes before anything is written.
    await files.makeRoom(install.id);
    await files.takeBack(install.id, name, version, previous.version);
    if (previous.version !== null) await restoreFolder(name, previous.version, files);
    await settleBack(name, previous, parts);
    if (install.facts.installerBegun && previous.version !== null && previous.conf !== null) {
      const result = await reinstall(name, previous.version, parts, signal);
      signal.throwIfAborted();
      if (result?.problem !== undefined) notes.push(`its installer, run again, failed: ${result.problem}`);
    }
    if (contents.supervisorConf !== undefined || previous.conf !== null) {
      const state = await programs.update(name, previous.conf, signal);
      if (previous.conf !== null) notes.unshift(`${versionInWords(previous.version)} ${backInWords[state]}`);
    } else if (journal.app(name)) {
      notes.push(`version ${previous.version} stays the installed one`);
    }
    return done(withNote(notes.join('; ')));
  } catch (error) {
    signal.throwIfAborted();
    return failed(
      `${install.facts.reason ?? 'failed'}; and ${versionInWords(previous.version)} cannot be brought back: ${describeError(error)}`,
    );
  }
}

/** Whatever has become of the folder of the version before: its package is kept. */
async function restoreFolder(name: string, version: string, files: PackageFiles): Promise<void> {
  if ((await isThere(files.folder(name, version))) || !(await isThere(files.kept(name, version)))) return;
  const { topDirectory } = await inspectTarball(createReadStream(files.kept(name, version)));
  await files.restore(name, version, topDirectory);
}

/** What the version before had beside its folder. */
async function settleBack(
  name: string,
  previous: { readonly version: string | null; readonly conf: string | null },
  { layout, files }: OtaParts,
): Promise<void> {
  const { version, conf } = previous;
  if (version === null) return await unsettle(layout, name);
  const to = { version, manifest: await installedManifest(files.folder(name, version)), entry: conf };
  await provideFor(layout, name, to);
  await makeCurrent(layout, name, to);
}

const backInWords: Readonly<Record<ProgramState, string>> = {
  up: 'is running again',
  ended: 'was started again and has ended (EXITED)',
  undecided: 'is being started again',
  'not-started': 'is back, not started (autostart is false)',
  offline: 'is back; it starts with the supervisor',
  fatal: 'is back, but its program does not start (FATAL)',
};

function versionInWords(version: string | null): string {
  return version === null ? 'the program before' : `version ${version}`;
}

async function reinstall(
  name: string,
  version: string,
  { files, layout }: OtaParts,
  signal: AbortSignal,
): Promise<InstallerResult | undefined> {
  const folder = files.folder(name, version);
  if (!(await isThere(`${folder}/install.sh`))) return undefined;
  const manifest = await installedManifest(folder);
  return await runInstaller(layout, { name, version, folder, manifest, installer: 'install.sh' }, { signal });
}
