import { unmetDependencies, unmetNeeds, versionServes } from '@gateway-engine/app-package';
import { version as engineVersion } from '../version.ts';
import { type Install, needsOfInstall } from './install.ts';
import type { InstallJournal } from './journal.ts';
import { partsOfName } from './tarball-app.ts';
import type { Why } from './why.ts';

/** What an install needs and this gateway does not have. */
export interface Unmet {
  readonly because: Why;
  readonly text: string;
  /** Earlier work, not done yet, that brings it. */
  readonly pending: Install | undefined;
}

/** Holds what is known of an install's needs against the gateway and what comes with it. Undefined: nothing is missing. */
export function firstUnmet(
  install: Install,
  journal: Pick<InstallJournal, 'app' | 'apps' | 'siblings' | 'unfinished'>,
): Unmet | undefined {
  const { engine, architectures, depends } = needsOfInstall(install) ?? {};
  const machine = { engineVersion, architecture: process.arch, installed: () => undefined };
  const [noEngine] = unmetNeeds(engine === undefined ? {} : { engine }, machine);
  if (noEngine !== undefined) return { because: 'engine', text: noEngine, pending: undefined };
  const [noMachine] = unmetNeeds(architectures ? { architectures } : {}, machine);
  if (noMachine !== undefined) return { because: 'architecture', text: noMachine, pending: undefined };

  // Who goes back by hand does so with one after another, in an order that nobody else knows.
  if (install.source === 'kept') return undefined;
  const coming = journal.siblings(install).filter(isComing);
  const broken = needOfAnother(install, coming, journal);
  if (broken !== undefined) return { because: 'dependency', text: broken, pending: undefined };
  const installed = (name: string) => versionAmong(coming, name) ?? journal.app(name)?.version;
  const [text] = unmetDependencies(depends ? { depends } : {}, { installed });
  if (text === undefined) return undefined;
  const earlier = journal.unfinished().filter((other) => other.id < install.id && isComing(other));
  const soon = (name: string) => versionAmong(earlier, name) ?? installed(name);
  const isPending = unmetDependencies(depends ? { depends } : {}, { installed: soon }).length === 0;
  const names = depends?.map(({ name }) => name) ?? [];
  const pending = earlier.find(({ tarball }) => names.includes(partsOfName(tarball)?.name ?? ''));
  return { because: 'dependency', text, pending: isPending ? pending : undefined };
}

/** Another application that is installed, and stays, and would lose what it needs. */
function needOfAnother(
  install: Install,
  coming: readonly Install[],
  journal: Pick<InstallJournal, 'apps' | 'siblings'>,
): string | undefined {
  const mine = partsOfName(install.tarball);
  const leaving = journal.siblings(install).filter(({ source }) => source === 'removal');
  for (const app of journal.apps()) {
    const isStaying = leaving.every(({ tarball }) => tarball !== app.name);
    if (!isStaying || app.name === mine?.name || versionAmong(coming, app.name) !== undefined) continue;
    const need = app.needs?.depends?.find(({ name }) => name === mine?.name);
    if (!need || !mine || versionServes(mine.version, need.versions)) continue;
    return `${app.name}, which is installed, needs ${need.name} ${need.versions.join(' or ')}`;
  }
  return undefined;
}

function isComing({ source, state }: Install): boolean {
  return source !== 'removal' && state !== 'failed' && state !== 'rolled-back';
}

function versionAmong(installs: readonly Install[], name: string): string | undefined {
  for (const { tarball } of installs) {
    const parts = partsOfName(tarball);
    if (parts?.name === name) return parts.version;
  }
  return undefined;
}
