import { describeError } from '@gateway-engine/host';
import type { Install, InstallFacts } from '../install.ts';
import {
  endLeftoverInstaller,
  type InstallerProcess,
  type InstallerResult,
  runInstaller,
} from '../installer.ts';
import type { OtaParts } from '../parts.ts';
import { done, failed, known, type Step } from './step.ts';

/** Moves the package to its place and runs its installer there. */
export async function install(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { name, version, contents, previous } = known(install);
  const { journal, files, layout } = parts;
  let folder: string;
  try {
    folder = await files.place(install.id, name, version, previous.version === version);
  } catch (error) {
    return failed(`cannot be moved to its place: ${describeError(error)}`);
  }
  const { installer } = contents;
  if (installer === undefined) return done();
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
    result = await runInstaller(layout, { name, version, folder, installer }, { signal, onStart });
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
