import { freeBytes, noSpaceLeft, spareBytes } from '../state/disk-space.ts';
import { hasReserve } from '../state/reserve.ts';
import { actionOf } from './actions/actions.ts';
import { type EndedStep, failed } from './actions/step.ts';
import type { Install, InstallFacts } from './install.ts';
import type { OtaParts } from './parts.ts';
import { stateAfter } from './plan.ts';
import { courseOf } from './run-facts.ts';
import { type InstallState, isFinal } from './states.ts';

/** States that write little; on probation a version is not to blame for what others put on the disk. */
const untouched: ReadonlySet<InstallState> = new Set(['queued', 'probation', 'rolling-back', 'removing']);
const leastFreeBytes = 1024 * 1024;

/** Sees to it that an install which fills the disk ends, and that its end is written down as soon as that is possible. */
export class DiskGuard {
  readonly #parts: OtaParts;
  /** Installs for which the disk was too full even to write that down, and in which words. */
  readonly #outOfSpace = new Map<number, string>();

  constructor(parts: OtaParts) {
    this.#parts = parts;
  }

  /** An install that has filled the disk ends, whatever its installer says: nothing could be written down from then on. */
  isFull(install: Install, hadReserve: boolean): EndedStep | undefined {
    const reason = this.#reason(install, hadReserve);
    return reason === undefined ? undefined : { ending: 'failed', facts: { reason, because: 'disk' } };
  }

  /** A failure says of a full disk that it is full, whatever came of that first. */
  explain(install: Install, step: EndedStep, hadReserve: boolean): EndedStep {
    const full = step.ending === 'failed' ? this.#reason(install, hadReserve) : undefined;
    if (full === undefined || full === step.facts?.reason) return step;
    return failed(`${step.facts?.reason}; ${full}`, { ...step.facts, because: 'disk' });
  }

  /** Not even the reserve was enough: first what the install put on the disk is removed, then its end is written down. */
  async end(install: Install, next: InstallState, step: EndedStep, signal: AbortSignal): Promise<Install> {
    const { journal, files, layout } = this.#parts;
    const reason = this.#outOfSpace.get(install.id) ?? noSpaceLeft(layout.apps, neededBytes(install));
    this.#outOfSpace.set(install.id, reason);
    const { output: _, ...facts }: InstallFacts = { ...step.facts, reason, because: 'disk' };
    if (install.state === 'rolling-back' || install.state === 'removing') {
      await files.clean(install.id);
      return journal.changeState(install, next, facts);
    }
    const lost = { ...install, facts: { ...install.facts, ...facts } };
    await actionOf('rolling-back', lost, this.#parts)(lost, this.#parts, signal);
    await files.makeRoom(install.id);
    if (isFinal(install.state)) throw new Error(`install ${install.id} has ended`);
    const to = stateAfter(install.state, 'failed', { ...courseOf(install), stopped: true });
    return journal.changeState(install, to, facts);
  }

  #reason(install: Install, hadReserve: boolean): string | undefined {
    const { state, id } = install;
    if (untouched.has(state)) return undefined;
    const { layout } = this.#parts;
    const isFull = (hadReserve && !hasReserve(layout.reserve)) || freeBytes(layout.apps) < leastFreeBytes;
    return this.#outOfSpace.get(id) ?? (isFull ? noSpaceLeft(layout.apps, neededBytes(install)) : undefined);
  }
}

function neededBytes({ facts }: Install): number {
  return (facts.contents?.bytes ?? 0) + spareBytes;
}
