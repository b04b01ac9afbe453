import { dependentSet } from '../dependent-set.ts';
import type { Install } from '../install.ts';
import { membersOf } from '../members.ts';
import type { OtaParts } from '../parts.ts';
import { known } from './step.ts';

/**
 * Whether a new version stays though its program does not run as it should: without a version before there is nothing
 * better to run, and the developer sees in the report how it is. Of a set all is installed or none.
 */
export function mayStay(install: Install, { journal }: OtaParts): boolean {
  if (known(install).previous.conf !== null) return false;
  return dependentSet(install.id, membersOf(journal.siblings(install))).length === 1;
}
