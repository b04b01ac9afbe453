import { unmetDependencies, unmetNeeds } from '@gateway-engine/app-package';
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
  journal: Pick<InstallJournal, 'app' | 'siblings' | 'unfinished'>,
): Unmet | undefined {
  const { engine, architectures, depends } = needsOfInstall(install) ?? {};
  const machine = { engineVersion, architecture: process.arch, installed: () => undefined };
  const [noEngine] = unmetNeeds(engine === undefined ? {} : { engine }, machine);
  if (noEngine !== undefined) return { because: 'engine', text: noEngine, pending: undefined };
  const [noMachine] = unmetNeeds(architectures ? { architectures } : {}, machine);
  if (noMachine !== undefined) return { because: 'architecture', text: noMachine, pending: undefined };

  const coming = journal.siblings(install).filter(isComing);
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
