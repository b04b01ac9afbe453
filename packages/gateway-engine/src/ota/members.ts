import type { Member } from './dependent-set.ts';
import { type Install, needsOfInstall } from './install.ts';
import { subjectOf } from './subject.ts';

/** The installs of one instruction, as they are seen by their dependencies. Removals belong to nothing. */
export function membersOf(installs: readonly Install[]): Member[] {
  return installs
    .filter(({ source }) => source !== 'removal')
    .map((install) => ({
      id: install.id,
      title: install.tarball,
      app: subjectOf(install),
      depends: needsOfInstall(install)?.depends?.map(({ name }) => name) ?? knownToBeNone(install),
      state: install.state,
      passed: install.facts.passed === true,
      reason: install.facts.reason,
    }));
}

function knownToBeNone(install: Install): [] | undefined {
  return needsOfInstall(install) && [];
}
