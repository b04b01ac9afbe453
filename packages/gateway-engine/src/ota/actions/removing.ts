import { join } from 'node:path';
import { ManifestError } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { runHook } from '../../apps/hooks.ts';
import { manifestOrError } from '../../apps/installed-manifest.ts';
import { unsettle } from '../../apps/settle.ts';
import { engineApp } from '../../self-update/engine-steps.ts';
import type { Install, InstallFacts } from '../install.ts';
import { isThere } from '../package-files.ts';
import type { OtaParts } from '../parts.ts';
import { subjectOf } from '../subject.ts';
import { done, failed, refused, type Step, waits } from './step.ts';

/** Whether an application can be removed: it is there, nothing else works on it, and nothing else needs it. */
export function mayRemove(install: Install, { journal }: OtaParts): Step {
  const name = install.tarball;
  if (name === engineApp) return refused('engine', `${name} is the engine itself, which stays`);
  const earlier = journal.unfinished().find((other) => other.id < install.id && subjectOf(other) === name);
  if (earlier) {
    return waits({ for: 'probation', text: `waits for the end of ${earlier.tarball} (${earlier.state})` });
  }
  const app = journal.app(name);
  if (!app) return refused('package', `${name} is not installed`);
  const leaving = new Set(
    journal.siblings(install).flatMap(({ source, tarball }) => (source === 'removal' ? [tarball] : [])),
  );
  const dependent = journal
    .apps()
    .find(
      (other) => !leaving.has(other.name) && other.needs?.depends?.some((needed) => needed.name === name),
    );
  if (dependent) return refused('dependency', `${dependent.name} needs it; remove that as well`);
  return done({ name, version: app.version });
}

/**
 * Removes an application: its process, its entry, its packages. What it keeps in its data folder, and what was configured
 * for it, stays. May be repeated after an interruption, but its own uninstall.sh is not run a second time.
 */
export async function remove(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  const { name = install.tarball } = install.facts;
  const { files, programs, layout } = parts;
  try {
    await programs.stop(name);
    const facts = await uninstall(install, parts, signal);
    await programs.update(name, null);
    await files.removeApp(name);
    await unsettle(layout, name);
    return done(facts);
  } catch (error) {
    signal.throwIfAborted();
    return failed(`cannot be removed: ${describeError(error)}`);
  }
}

/** An uninstall.sh that fails does not keep an application: nobody could get rid of it any more. */
async function uninstall(
  install: Install,
  { files, layout, journal }: OtaParts,
  signal: AbortSignal,
): Promise<InstallFacts> {
  const { name = install.tarball, version = '' } = install.facts;
  const hook = 'uninstall.sh';
  const folder = files.folder(name, version);
  if (!(await isThere(join(folder, hook)))) return {};
  if (install.facts.installerBegun) {
    return { note: `the engine ended while ${hook} ran; it was not run a second time` };
  }
  journal.addFacts(install, { installerBegun: true });
  const read = await manifestOrError(folder);
  const manifest = read instanceof ManifestError ? undefined : read;
  const result = await runHook(
    layout,
    { name, version, folder, manifest, hook },
    { signal, onStart: (installer) => journal.addFacts(install, { installer }) },
  );
  if (result.kind === 'absent') return {};
  const output = result.output === '' ? {} : { output: result.output };
  if (result.kind === 'agreed') return output;
  return { ...output, note: result.kind === 'failed' ? result.problem : `${hook} exited with status 75` };
}
