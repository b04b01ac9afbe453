import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@gateway-engine/host';
import { SupervisorUnreachable } from '@gateway-engine/supervisor';
import { type Action, done, failed, known, refused, type Step, waits } from '../ota/actions/step.ts';
import type { Install } from '../ota/install.ts';
import type { OtaParts } from '../ota/parts.ts';
import type { WorkState } from '../ota/states.ts';
import type { EngineUpdate } from './engine-update.ts';
import { enginePrograms } from './start-script.ts';

/** The name of the package that is the engine itself. */
export const engineApp = 'GatewayEngine';

/**
 * A version becomes the name of a folder beside the files that the start scripts go by (`current`, `trial`, ...), and a
 * word that they write: one that takes the place of such a file would leave nothing that starts.
 */
const slotName = /^\d[0-9A-Za-z.+_-]*$/;

const lookMs = 500;
/** Without a queue applications lose data: it must run sooner than the platform must be reached. */
const queueSeconds = 60;

/**
 * What an update of the engine does otherwise than that of an application: the package goes into a slot of its own, no
 * program of an application is stopped, and the version proves itself by its first check-in with the queue running.
 * Until then the start scripts go back by themselves (see EngineSlots); whichever version runs brings the journal to the
 * end that has come about.
 */
export function engineSteps(engine: EngineUpdate): Partial<Readonly<Record<WorkState, Action>>> {
  return {
    stopping: (install, { journal }) => notePrevious(install, engine, journal),
    installing: (install, parts) => place(install, engine, parts),
    starting: (install) => begin(install, engine),
    probation: (install) => unlessOffline(() => prove(install, engine)),
    'rolling-back': (install) => unlessOffline(() => goBack(install, engine)),
  };
}

/** Why the engine cannot be updated to this version; undefined when it can. */
export async function whyNotEngine(
  engine: EngineUpdate | undefined,
  version: string,
): Promise<string | undefined> {
  if (!slotName.test(version)) {
    return `"${version}" is no version of the engine: one begins with a digit, and has letters, digits and . + - _ only`;
  }
  const current = await engine?.slots.current();
  if (!engine || current === undefined) {
    return 'this engine cannot replace itself: it was not installed from a package, or is asked by hand';
  }
  return current === version && (await engine.slots.trial()) === undefined
    ? `version ${version} of the engine runs already`
    : undefined;
}

async function notePrevious(
  install: Install,
  { slots }: EngineUpdate,
  journal: OtaParts['journal'],
): Promise<Step> {
  if (!install.facts.previous) {
    journal.addFacts(install, { previous: { version: (await slots.current()) ?? null, conf: null } });
  }
  await slots.forgetFailed();
  return done();
}

async function place(install: Install, { slots }: EngineUpdate, { files }: OtaParts): Promise<Step> {
  const { version } = known(install);
  const unpacked = files.unpacked(install.id);
  try {
    if (await files.isStaged(install.id)) {
      for (const name of enginePrograms) await access(join(unpacked, 'bin', name), constants.X_OK);
      await slots.place(unpacked, version);
    }
    return done();
  } catch (error) {
    return failed(`is no package of the engine, or cannot be moved to its place: ${describeError(error)}`);
  }
}

async function begin(install: Install, { slots, trialSeconds }: EngineUpdate): Promise<Step> {
  const { version, previous } = known(install);
  if (previous.version === null) return failed('there is no version to go back to');
  await slots.begin({ version, previous: previous.version, seconds: trialSeconds });
  return done();
}

async function prove(install: Install, engine: EngineUpdate): Promise<Step> {
  const { version, previous } = known(install);
  const { slots, processes, ownSlot, hasCheckedIn, upSeconds, endSelf } = engine;
  const lost = await slots.failed();
  if (lost?.version === version) return refused('probation', lost.reason);
  if ((await slots.current()) !== version) return failed('another version of the engine was made current');
  await processes.bringTo(version, endSelf);
  const wait = waits({ for: 'probation', text: 'the new version of the engine has to check in' }, lookMs);
  if (ownSlot !== version) return wait;
  if (!(await processes.queueRunsFrom(version))) {
    return upSeconds() > queueSeconds ? refused('probation', 'its queue does not run') : wait;
  }
  // Without a network nobody can check in; then a version that came on a stick has to run for as long.
  const isBrought = install.source === 'file' && upSeconds() > queueSeconds;
  if (!hasCheckedIn() && !isBrought) return wait;
  await slots.pass();
  await slots.removeAllBut([version, previous.version ?? version]);
  return done();
}

async function goBack(install: Install, { slots, processes, endSelf }: EngineUpdate): Promise<Step> {
  const { version, previous } = known(install);
  const reason = install.facts.reason ?? 'failed';
  await slots.goBack(reason);
  const current = await slots.current();
  if (current === undefined || current === version) {
    return failed(`${reason}; and version ${previous.version} cannot be brought back`);
  }
  await processes.bringTo(current, endSelf);
  await slots.forgetFailed();
  return done({ note: `version ${current} of the engine runs again` });
}

/** The supervisor may be on its way from one version to the other. */
async function unlessOffline(work: () => Promise<Step>): Promise<Step> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SupervisorUnreachable)) throw error;
    return waits({ for: 'probation', text: 'the supervisor does not answer' }, lookMs);
  }
}
