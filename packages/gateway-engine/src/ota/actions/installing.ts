import { describeError } from '@gateway-engine/host';
import { makeCurrent, provideFor } from '../../apps/settle.ts';
import type { Install, InstallFacts } from '../install.ts';
import {
  endLeftoverInstaller,
  type InstallerProcess,
  type InstallerResult,
  type InstallerRun,
  runInstaller,
} from '../installer.ts';
import type { OtaParts } from '../parts.ts';
import { entryOf } from '../program-entry.ts';
import { done, failed, known, type Step } from './step.ts';

/** Moves the package to its place, gives it what it asks for, runs its installer there, and makes it the current one. */
export async function install(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { name, version, contents, previous } = known(install);
  const { files, layout } = parts;
  const { installer, manifest } = contents;
  const settled = { version, manifest, entry: entryOf(name, contents, parts) };
  let folder: string;
  try {
    folder = await files.place(install.id, name, version, previous.version === version);
    await provideFor(layout, name, settled);
  } catch (error) {
    return failed(`cannot be moved to its place: ${describeError(error)}`);
  }
  const app = { name, version, folder, manifest };
  const step = installer === undefined ? done() : await run({ ...app, installer }, install, parts, signal);
  if (step.ending === 'failed') return step;
  try {
    await makeCurrent(layout, name, settled);
    return step;
  } catch (error) {
    return failed(`cannot be made the current version: ${describeError(error)}`, step.facts);
  }
}

async function run(
  installer: InstallerRun,
  install: Install,
  parts: OtaParts,
  signal: AbortSignal,
): Promise<Step> {
  const { journal, layout } = parts;
  journal.addFacts(install, { installerBegun: true });
  let process: InstallerProcess | undefined;
  let notice: { cancel(): void } | undefined;
  const onStart = (started: InstallerProcess) => {
    process = started;
    journal.addFacts(install, { installer: started });
    notice = parts.onInstaller?.();
  };
  let result: InstallerResult;
  try {
    result = await runInstaller(layout, installer, { signal, onStart });
  } catch (error) {
    // What cannot be written down (a full disk) must not go on running.
    endLeftoverInstaller(process);
    throw error;
  } finally {
    notice?.cancel();
  }
  // An engine that is being ended leaves the state as it is; its next start sees an interrupted installer.
  signal.throwIfAborted();
  const facts: InstallFacts = { exitStatus: result.exitStatus, output: result.output };
  return result.problem === undefined ? done(facts) : failed(result.problem, facts);
}
