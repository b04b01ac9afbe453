import { describeError } from '@gateway-engine/host';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { subjectOf } from '../subject.ts';
import { done, failed, refused, type Step, waits } from './step.ts';

/** Whether an application can be removed: it is there, nothing else works on it, and nothing else needs it. */
export function mayRemove(install: Install, { journal }: OtaParts): Step {
  const name = install.tarball;
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
  const { files, programs } = parts;
  try {
    await programs.stop(name);
    await programs.update(name, null);
    await files.removeApp(name);
    signal.throwIfAborted();
    return done();
  } catch (error) {
    signal.throwIfAborted();
    return failed(`cannot be removed: ${describeError(error)}`);
  }
}
