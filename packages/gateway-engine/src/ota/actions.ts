import { createReadStream } from 'node:fs';
import {
  ArchiveError,
  inspectTarball,
  parseTarballName,
  rewriteSupervisorConf,
  TarballNameError,
} from '@gateway-engine/app-package';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import { ConfigError } from '@gateway-engine/supervisor';
import type { HomeLayout } from '../home/layout.ts';
import { freeBytes, noSpaceLeft } from '../state/disk-space.ts';
import { ContentError, type Downloads, downloadContent } from './download.ts';
import type { Install, InstallFacts } from './install.ts';
import {
  endLeftoverInstaller,
  type InstallerProcess,
  type InstallerResult,
  runInstaller,
} from './installer.ts';
import type { InstallJournal } from './journal.ts';
import { isThere, type PackageFiles } from './package-files.ts';
import type { Ending } from './plan.ts';
import { checkSupervisorConf } from './program-entry.ts';
import type { ProgramState, Programs } from './programs.ts';
import type { WorkState } from './states.ts';

export interface OtaParts {
  readonly layout: HomeLayout;
  readonly journal: InstallJournal;
  readonly files: PackageFiles;
  readonly programs: Programs;
  /** How to reach the content area; undefined where only files are installed. */
  readonly downloads: Downloads | undefined;
  /** Where the supervisor includes programs from. */
  readonly programDirectory: string;
  /** Where programs log to. */
  readonly logDirectory: string;
  /** Called when an installer has started; what it gives, when that one has ended. */
  readonly onInstaller?: () => { cancel(): void };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How the work of a state ended, and what was learnt by it. */
export interface Step {
  readonly ending: Ending;
  readonly facts?: InstallFacts;
}

export type Action = (install: Install, parts: OtaParts, signal: AbortSignal) => Promise<Step>;

const done = (facts: InstallFacts = {}): Step => ({ ending: 'done', facts });
const failed = (reason: string, facts: InstallFacts = {}): Step => ({
  ending: 'failed',
  facts: { ...facts, reason },
});

/** Programs of the gateway itself, which an application must not take the place of. */
const reservedNames = new Set(['gwe', 'gmq', 'gdc', 'supervisor', 'supervisord', 'GatewayEngine']);
/** What must stay free beyond the unpacked package. */
export const spareBytes = 16 * 1024 * 1024;

/** What is done in each state. Every action may be repeated from its start after the engine was killed within it. */
export const actions: Readonly<Record<WorkState, Action>> = {
  queued: readName,
  downloading: fetchTarball,
  verifying: verify,
  staging: stage,
  stopping: stopProgram,
  installing: install,
  starting: startProgram,
  'rolling-back': rollBack,
};

async function readName(install: Install): Promise<Step> {
  try {
    const { name, version } = parseTarballName(install.tarball);
    if (reservedNames.has(name)) {
      return failed(`"${name}" is a part of Gateway Engine itself, which is not updated as an application`);
    }
    return done({ name, version });
  } catch (error) {
    if (error instanceof TarballNameError) return failed(error.message);
    throw error;
  }
}

async function fetchTarball(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  if (install.source === 'file') return await copyTarball(install, parts);
  if (!parts.downloads) throw new Error(`install ${install.id} needs the platform`);
  await parts.files.prepareCache();
  const file = parts.files.tarball(install.id);
  if (await isThere(file)) return done();
  try {
    await downloadContent(parts.downloads, install.tarball, file, signal);
    return done();
  } catch (error) {
    if (error instanceof ContentError) return failed(describeError(error));
    throw error;
  }
}

async function copyTarball(install: Install, parts: OtaParts): Promise<Step> {
  try {
    await parts.files.copyIntoCache(install.id, install.path ?? '');
    return done();
  } catch (error) {
    return failed(`cannot read ${install.path}: ${describeError(error)}`);
  }
}

async function verify(install: Install, { files, ...place }: OtaParts): Promise<Step> {
  try {
    const contents = await inspectTarball(createReadStream(files.tarball(install.id)));
    if (contents.supervisorConf !== undefined) {
      checkSupervisorConf(contents.supervisorConf, install.facts.name ?? '', place);
    }
    const { kind, installer, topDirectory, supervisorConf, bytes } = contents;
    await files.prepareStaging();
    if (bytes + spareBytes > freeBytes(place.layout.staging)) {
      return failed(noSpaceLeft(place.layout.staging, bytes + spareBytes));
    }
    return done({ contents: { kind, installer, topDirectory, supervisorConf, bytes } });
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof ConfigError) {
      return failed(`refused: ${describeError(error)}`);
    }
    throw error;
  }
}

async function stage(install: Install, { files }: OtaParts): Promise<Step> {
  const { contents } = known(install);
  try {
    await files.stage(install.id, contents.topDirectory);
    return done();
  } catch (error) {
    return failed(`cannot be unpacked: ${describeError(error)}`);
  }
}

async function stopProgram(install: Install, { journal, programs }: OtaParts): Promise<Step> {
  const { name } = known(install);
  // What was there before is noted once: after an interruption the entry may be the new one already.
  const previous = install.facts.previous ?? {
    version: journal.app(name)?.version ?? null,
    conf: await programs.entry(name),
  };
  const current = install.facts.previous ? install : journal.addFacts(install, { previous });
  try {
    if (current.facts.previous?.conf !== null) await programs.stop(name);
    return done();
  } catch (error) {
    return failed(`the version before cannot be stopped: ${describeError(error)}`);
  }
}

async function install(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { name, version, contents, previous } = known(install);
  const { journal, files, layout } = parts;
  let folder: string;
  try {
    folder = await files.place(install.id, name, version, previous.version === version);
  } catch (error) {
    return failed(`cannot be moved to its place: ${describeError(error)}`);
  }
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
    result = await runInstaller(
      layout,
      { name, version, folder, installer: contents.installer },
      { signal, onStart },
    );
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

async function startProgram(install: Install, parts: OtaParts): Promise<Step> {
  const { name, contents, previous } = known(install);
  const { programs, logDirectory } = parts;
  const entry =
    contents.supervisorConf === undefined
      ? null
      : rewriteSupervisorConf(contents.supervisorConf, { name, logDirectory });
  if (entry === null && previous.conf === null) return done();
  try {
    const before = entry === null ? 0 : await programs.logSize(name, entry);
    const state = await programs.update(name, entry);
    if (state !== 'fatal') return done(withNote(inWords[state]));
    const tail = (await programs.logTail(name, before)).trim();
    const problem = `its program does not start (FATAL)${tail === '' ? '' : `; the end of its log:\n${tail}`}`;
    // Without a version before there is nothing better to run; the developer sees it FATAL in the report.
    return previous.conf === null ? done({ but: problem }) : failed(problem);
  } catch (error) {
    return failed(`its program cannot be started: ${describeError(error)}`);
  }
}

const inWords: Readonly<Record<Exclude<ProgramState, 'fatal'>, string>> = {
  up: 'its program is RUNNING',
  ended: 'its program has ended already (EXITED)',
  undecided: 'its program is still being started',
  'not-started': '',
  offline: 'the supervisor is not running; the program starts with it',
};

/**
 * Brings the version before back: its files, what its installer had put elsewhere (by running it again), its entry and
 * its program. Without a version before, what the failed one left is removed.
 */
async function rollBack(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
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
    if (install.facts.installerBegun && previous.version !== null && previous.conf !== null) {
      const result = await reinstall(name, previous.version, parts, signal);
      signal.throwIfAborted();
      if (result?.problem !== undefined) notes.push(`its installer, run again, failed: ${result.problem}`);
    }
    if (contents.supervisorConf !== undefined || previous.conf !== null) {
      const state = await programs.update(name, previous.conf);
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
  return await runInstaller(layout, { name, version, folder, installer: 'install.sh' }, { signal });
}

function withNote(note: string): InstallFacts {
  return note === '' ? {} : { note };
}

type Known = Required<Pick<InstallFacts, 'name' | 'version' | 'contents' | 'previous'>>;

/** The facts that the states before have written down. */
function known({ id, facts }: Install): Known {
  const { name, version, contents, previous = { version: null, conf: null } } = facts;
  if (name === undefined || version === undefined || contents === undefined) {
    throw new Error(`install ${id} has lost its facts`);
  }
  return { name, version, contents, previous };
}
