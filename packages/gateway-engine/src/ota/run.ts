import { describeError } from '@gateway-engine/host';
import { freeBytes, isOutOfSpace, noSpaceLeft } from '../state/disk-space.ts';
import type { ProcessLock } from '../state/process-lock.ts';
import { hasReserve, makeReserve } from '../state/reserve.ts';
import { actions } from './actions/actions.ts';
import type { Step } from './actions/step.ts';
import { spareBytes } from './actions/verifying.ts';
import { DownloadPostponed } from './download.ts';
import type { Install, InstallFacts } from './install.ts';
import { endLeftoverInstaller } from './installer.ts';
import type { OtaParts } from './parts.ts';
import { resume, stateAfter } from './plan.ts';
import { isFinal } from './states.ts';
import { appOf } from './tarball-app.ts';

/**
 * Carries installs out, one after another. One process at a time does, whichever command it runs: the lock holds off a
 * `gwe --install-apps` while the engine installs, and the other way round.
 */
export class InstallRunner {
  readonly #parts: OtaParts;
  readonly #lock: ProcessLock;
  /** Installs that this process has begun; others were begun by one that has ended since. */
  readonly #begun = new Set<number>();
  /** Installs for which the disk was too full even to write that down, and in which words. */
  readonly #outOfSpace = new Map<number, string>();
  /** Installs that wait for the byte budget, and until when. */
  readonly #waitsUntil = new Map<number, number>();

  constructor(parts: OtaParts, lock: ProcessLock) {
    this.#parts = parts;
    this.#lock = lock;
  }

  /** Whether installs wait, some perhaps for the platform. */
  get hasWork(): boolean {
    return this.#parts.journal.unfinished().length > 0;
  }

  /**
   * Carries out what the journal holds (`only`: this one alone) and gives the installs that came to an end. One whose
   * download must wait for the platform is left for the next call.
   */
  async run(signal: AbortSignal, only?: Install): Promise<Install[]> {
    const ended: Install[] = [];
    await this.#takeLock(signal);
    try {
      const { journal, files } = this.#parts;
      if (this.#begun.size === 0) {
        await this.#keepCommitted();
        await files.cleanAllBut(journal.unfinished().map(({ id }) => id));
      }
      const postponed = new Set<number>();
      for (;;) {
        const next = journal
          .unfinished()
          .find((install) => !postponed.has(install.id) && (only === undefined || install.id === only.id));
        if (!next) return ended;
        const last = await this.#carryOut(this.#pickUp(next), signal);
        if (isFinal(last.state)) ended.push(last);
        else postponed.add(last.id);
      }
    } finally {
      this.#lock.release();
    }
  }

  /** An install of this process goes on where it is; one that was interrupted where the plan says. */
  #pickUp(install: Install): Install {
    const { journal, logger } = this.#parts;
    const isOurs = this.#begun.has(install.id);
    this.#begun.add(install.id);
    if (isOurs || install.state === 'queued' || isFinal(install.state)) return install;
    const { state, reason } = resume({
      state: install.state,
      attempts: install.attempts,
      kind: install.facts.contents?.kind,
      stopped: install.facts.previous !== undefined,
      installerBegun: install.facts.installerBegun === true,
    });
    if (endLeftoverInstaller(install.facts.installer)) {
      logger.warn({ tarball: install.tarball }, 'ended an installer that a former engine had left running');
    }
    logger.info(
      { tarball: install.tarball, was: install.state, now: state },
      'an interrupted install goes on',
    );
    const counted = journal.countAttempt(install);
    if (state === install.state) return counted;
    return journal.changeState(counted, state, reason === undefined ? {} : { reason });
  }

  /** Runs an install to its end, or until its download is postponed. */
  async #carryOut(install: Install, signal: AbortSignal): Promise<Install> {
    const { layout, logger, files } = this.#parts;
    let current = install;
    await files.prepareStaging();
    makeReserve(layout.reserve);
    const hadReserve = hasReserve(layout.reserve);
    while (!isFinal(current.state)) {
      signal.throwIfAborted();
      let step: Step;
      try {
        step =
          this.#replaced(current) ??
          this.#withoutSpace(current, hadReserve) ??
          (await actions[current.state](current, this.#parts, signal));
      } catch (error) {
        if (error instanceof DownloadPostponed) {
          this.#tellPostponed(current, error);
          return current;
        }
        signal.throwIfAborted();
        logger.error(error, `the install of ${current.tarball} failed while ${current.state}`);
        step = { ending: 'failed', facts: { reason: describeError(error) } };
      }
      const full =
        step.ending === 'failed' ? this.#withoutSpace(current, hadReserve)?.facts?.reason : undefined;
      if (full !== undefined && full !== step.facts?.reason) {
        step = { ...step, facts: { ...step.facts, reason: `${step.facts?.reason}; ${full}` } };
      }
      const before = current.state;
      current = await this.#change(current, step, signal);
      logger.info({ tarball: current.tarball, from: before, to: current.state }, 'install');
    }
    await this.#cleanUp(current);
    this.#waitsUntil.delete(current.id);
    if (current.state !== 'committed') logger.warn(`${current.tarball}: ${current.facts.reason}`);
    await files.clean(current.id);
    return current;
  }

  /** A budget that is used up is asked again each minute, which need not fill the log. */
  #tellPostponed({ id }: Install, error: DownloadPostponed): void {
    const isNew = error.until === undefined || this.#waitsUntil.get(id) !== error.until;
    if (isNew) this.#parts.logger.warn(describeError(error));
    if (error.until !== undefined) this.#waitsUntil.set(id, error.until);
  }

  /** Writes down how the work of a state ended, and what follows. */
  async #change(install: Install, step: Step, signal: AbortSignal): Promise<Install> {
    const { journal, files, layout } = this.#parts;
    if (isFinal(install.state)) throw new Error(`install ${install.id} has ended`);
    let next = stateAfter(install.state, step.ending, install.facts.previous !== undefined);
    if (next === 'rolled-back' && !hadBefore(install)) next = 'failed';
    try {
      return journal.changeState(install, next, step.facts);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
    // Not even the reserve was enough: first what the install put on the disk is removed, then its end is written down.
    const reason = this.#outOfSpace.get(install.id) ?? noSpaceLeft(layout.apps, neededBytes(install));
    this.#outOfSpace.set(install.id, reason);
    const { output: _, ...facts }: InstallFacts = { ...step.facts, reason };
    if (install.state === 'rolling-back') {
      await files.clean(install.id);
      return journal.changeState(install, next, facts);
    }
    const lost = { ...install, facts: { ...install.facts, ...facts } };
    await actions['rolling-back'](lost, this.#parts, signal);
    await files.makeRoom(install.id);
    return journal.changeState(install, stateAfter(install.state, 'failed', true), facts);
  }

  /** An install that has filled the disk ends, whatever its installer says: nothing could be written down from then on. */
  #withoutSpace(install: Install, hadReserve: boolean): Step | undefined {
    if (install.state === 'queued' || install.state === 'rolling-back') return undefined;
    const { layout } = this.#parts;
    const isFull = (hadReserve && !hasReserve(layout.reserve)) || freeBytes(layout.apps) < leastFreeBytes;
    const reason =
      this.#outOfSpace.get(install.id) ??
      (isFull ? noSpaceLeft(layout.apps, neededBytes(install)) : undefined);
    return reason === undefined ? undefined : { ending: 'failed', facts: { reason } };
  }

  /** An install that waits for its download gives way to a later one of the same application. */
  #replaced(install: Install): Step | undefined {
    if (install.state !== 'queued' && install.state !== 'downloading') return undefined;
    const later = this.#parts.journal
      .unfinished()
      .find(
        (other) =>
          other.id > install.id &&
          appOf(other.tarball) !== undefined &&
          appOf(other.tarball) === appOf(install.tarball),
      );
    if (!later) return undefined;
    return {
      ending: 'failed',
      facts: { reason: `replaced by the later instruction to install ${later.tarball}` },
    };
  }

  async #cleanUp(install: Install): Promise<void> {
    const { name, version, previous } = install.facts;
    if (install.state !== 'committed' || name === undefined || version === undefined) return;
    await this.#parts.files.keep(install.id, name, version);
    await this.#parts.files.removeOldVersions(name, [version, previous?.version ?? null]);
  }

  /** An engine that ended between the commit of an install and the keeping of its tarball. */
  async #keepCommitted(): Promise<void> {
    const { journal, files } = this.#parts;
    for (const id of await files.cached()) {
      const install = journal.find(id);
      if (install) await this.#cleanUp(install);
    }
  }

  async #takeLock(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#parts;
    for (let said = false; ; said = true) {
      const holder = this.#lock.take();
      if (holder === 'taken') return;
      if (!said) logger.info(`waiting for the installation that gwe, process ${holder}, carries out`);
      await clock.sleep(500, signal);
    }
  }
}

const leastFreeBytes = 1024 * 1024;

function neededBytes({ facts }: Install): number {
  return (facts.contents?.bytes ?? 0) + spareBytes;
}

function hadBefore({ facts }: Install): boolean {
  return facts.previous !== undefined && (facts.previous.version !== null || facts.previous.conf !== null);
}
