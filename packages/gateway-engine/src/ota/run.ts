import { describeError } from '@gateway-engine/host';
import { withEither } from '../check-in/wake-up.ts';
import { engineApp } from '../self-update/engine-steps.ts';
import { isOutOfSpace } from '../state/disk-space.ts';
import type { ProcessLock } from '../state/process-lock.ts';
import { hasReserve, makeReserve } from '../state/reserve.ts';
import { actionOf } from './actions/actions.ts';
import { type EndedStep, failed, type Step } from './actions/step.ts';
import { DiskGuard } from './disk-guard.ts';
import { DownloadPostponed } from './download.ts';
import { pauseMs } from './download-retries.ts';
import type { Install } from './install.ts';
import { endLeftoverInstaller } from './installer.ts';
import type { OtaParts } from './parts.ts';
import { resume, stateAfter } from './plan.ts';
import { courseOf, hadBefore, interruptedInstall } from './run-facts.ts';
import { type InstallState, isFinal } from './states.ts';
import { whyToStop } from './stop-request.ts';
import type { Wait, Why } from './why.ts';

/** Work that waits is looked at again after this time, unless it asks for an earlier one. */
const longestWaitMs = 60_000;

/** What may take hours without anybody knowing why: it is told to whoever has sent the instruction. */
const toldWaits: ReadonlySet<Why> = new Set(['window', 'veto']);

/**
 * Carries installs out, one step of one install at a time. One process at a time does, whichever command it runs: the
 * lock holds off a `gwe --install-apps` while the engine installs, and the other way round. What waits holds up nothing
 * but what depends on it.
 */
export class InstallRunner {
  readonly #parts: OtaParts;
  readonly #lock: ProcessLock;
  readonly #disk: DiskGuard;
  /**
   * Installs that this process has carried on, and the states in which it has left them. Others, and those that are
   * in another state by now, were carried on by a process that has ended since: a command, or the engine beside it.
   */
  readonly #begun = new Map<number, InstallState>();
  /** When each install that waits is to be looked at again, monotonic. */
  readonly #looks = new Map<number, { readonly at: number; readonly rests: boolean }>();
  #hasNews = false;
  #current: { readonly id: number; readonly stopping: AbortController } | undefined;

  constructor(parts: OtaParts, lock: ProcessLock) {
    this.#parts = parts;
    this.#lock = lock;
    this.#disk = new DiskGuard(parts);
  }

  /** Whether installs wait, some perhaps for the platform. */
  get hasWork(): boolean {
    return this.#parts.journal.unfinished().length > 0;
  }

  /** Whether a new version of an application is on probation, which is over soon: there is a supervisor to be asked. */
  get isWatching(): boolean {
    const isSoonOver = ({ state, facts }: Install) =>
      state === 'probation' && facts.name !== engineApp && facts.waits?.for !== 'offline';
    return this.#parts.journal.unfinished().some(isSoonOver);
  }

  /** Milliseconds until something that waits is to be looked at again. */
  get nextLookMs(): number {
    const now = this.#parts.clock.monotonic();
    return Math.max(0, Math.min(longestWaitMs, ...[...this.#looks.values()].map(({ at }) => at - now)));
  }

  /** Whether there is something for the platform since this was last asked. */
  takeNews(): boolean {
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    return hasNews;
  }

  /** The journal has changed: what is under way may have to stop. */
  reconsider(): void {
    if (!this.#current) return;
    const install = this.#parts.journal.find(this.#current.id);
    const why = install && whyToStop(install, this.#parts.journal);
    if (why) this.#current.stopping.abort(new StopRequested(why.reason));
  }

  /**
   * Carries out what the journal holds (`only`: these alone) and gives the installs that came to an end. What waits is
   * left for the next call.
   */
  async run(signal: AbortSignal, only?: readonly Install[]): Promise<Install[]> {
    const ended: Install[] = [];
    await this.#takeLock(signal);
    try {
      await this.#tidyOnce();
      for (const [id, { rests }] of this.#looks) if (!rests) this.#looks.delete(id);
      const postponed = new Set<number>();
      // What one has come to may be what another waits for.
      for (let isMoving = true; isMoving; ) {
        isMoving = false;
        for (const { id } of this.#todo(only)) {
          const install = this.#parts.journal.find(id);
          if (!install || isFinal(install.state) || postponed.has(id)) continue;
          const { last, isPostponed, together } = await this.#carryOn(install, signal);
          if (isPostponed) postponed.add(id);
          if (last.state !== install.state) isMoving = true;
          ended.push(...together, ...(isFinal(last.state) ? [last] : []));
        }
      }
      return ended;
    } finally {
      this.#lock.release();
    }
  }

  #todo(only: readonly Install[] | undefined): Install[] {
    const { journal, clock } = this.#parts;
    const isResting = (install: Install) => {
      const look = this.#looks.get(install.id);
      return look?.rests === true && clock.monotonic() < look.at && !whyToStop(install, journal);
    };
    return journal
      .unfinished()
      .filter(
        (install) => (only === undefined || only.some(({ id }) => id === install.id)) && !isResting(install),
      );
  }

  async #carryOn(install: Install, signal: AbortSignal): Promise<Carried> {
    try {
      return await this.#carryOut(this.#pickUp(install), signal);
    } finally {
      const left = this.#parts.journal.find(install.id);
      if (left) this.#begun.set(left.id, left.state);
    }
  }

  /** An install of this process goes on where it is; one that was interrupted where the plan says. */
  #pickUp(install: Install): Install {
    const { journal, logger } = this.#parts;
    const isOurs = this.#begun.get(install.id) === install.state;
    this.#begun.set(install.id, install.state);
    if (isOurs || install.state === 'queued' || isFinal(install.state)) return install;
    const { state, reason } = resume(interruptedInstall(install, install.state));
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

  /** Runs an install to its end, or until it waits. */
  async #carryOut(install: Install, signal: AbortSignal): Promise<Carried> {
    const { layout, logger, files, journal } = this.#parts;
    let current = install;
    const together: Install[] = [];
    await files.prepareStaging();
    makeReserve(layout.reserve);
    const hadReserve = hasReserve(layout.reserve);
    while (!isFinal(current.state)) {
      signal.throwIfAborted();
      let step: Step;
      try {
        step = await this.#step(current, hadReserve, signal);
      } catch (error) {
        if (error instanceof DownloadPostponed) {
          const wait = waitOf(error);
          this.#noteWait(current, wait, pauseMs());
          return { last: current, isPostponed: true, together };
        }
        signal.throwIfAborted();
        // The next round says why it is stopped.
        if (error instanceof StopRequested) continue;
        logger.error(error, `the install of ${current.tarball} failed while ${current.state}`);
        step = failed(describeError(error));
      }
      if (step.ending === 'waits') {
        this.#noteWait(current, step.wait, step.againMs);
        return { last: current, isPostponed: false, together };
      }
      step = this.#disk.explain(current, step, hadReserve);
      const before = current.state;
      current = await this.#change(current, step, signal);
      logger.info({ tarball: current.tarball, from: before, to: current.state }, 'install');
      for (const other of step.together ?? []) together.push(journal.find(other.id) ?? other);
    }
    for (const ended of [current, ...together]) await this.#cleanUp(ended);
    return { last: current, isPostponed: false, together };
  }

  async #step(install: Install, hadReserve: boolean, signal: AbortSignal): Promise<Step> {
    const { state } = install;
    if (isFinal(state)) throw new Error(`install ${install.id} has ended`);
    // From disk: somebody may have asked for its end meanwhile.
    const why = whyToStop(this.#parts.journal.find(install.id) ?? install, this.#parts.journal);
    if (why) return failed(why.reason, { because: why.because });
    const full = this.#disk.isFull(install, hadReserve);
    if (full) return full;
    const stopping = new AbortController();
    this.#current = { id: install.id, stopping };
    try {
      return await withEither(signal, stopping.signal, (either) =>
        actionOf(state, install, this.#parts)(install, this.#parts, either),
      );
    } catch (error) {
      if (error instanceof DownloadPostponed) throw error;
      signal.throwIfAborted();
      stopping.signal.throwIfAborted();
      throw error;
    } finally {
      this.#current = undefined;
    }
  }

  /** Says it where others can read it, and in the log only when it is new. */
  #noteWait(install: Install, wait: Wait, againMs: number): void {
    const { journal, logger, clock } = this.#parts;
    this.#looks.set(install.id, { at: clock.monotonic() + againMs, rests: wait.for === 'veto' });
    const before = journal.find(install.id)?.facts.waits;
    if (before?.for === wait.for && before.text === wait.text) return;
    if (before?.for === wait.for && wait.for === 'budget' && before.until === wait.until) return;
    logger.warn({ tarball: install.tarball, waits: wait.for }, wait.text);
    const isTold = toldWaits.has(wait.for) && install.facts.instruction !== undefined;
    journal.noteWait(
      install,
      wait,
      isTold ? `${install.tarball}: waits (${wait.for}): ${wait.text}` : undefined,
    );
    this.#hasNews ||= isTold;
  }

  /** Writes down how the work of a state ended, and what follows. */
  async #change(install: Install, step: EndedStep, signal: AbortSignal): Promise<Install> {
    const { journal } = this.#parts;
    this.#looks.delete(install.id);
    if (isFinal(install.state)) throw new Error(`install ${install.id} has ended`);
    let next = stateAfter(install.state, step.ending, courseOf(install));
    if (next === 'rolled-back' && !hadBefore(install)) next = 'failed';
    // It may take long, and what is running is not what is reported as installed.
    if (next === 'probation') this.#hasNews = true;
    if (next === 'committed' && step.together && step.together.length > 0) {
      journal.commitTogether([...step.together, install]);
      return journal.find(install.id) ?? install;
    }
    try {
      return journal.changeState(install, next, step.facts);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      return await this.#disk.end(install, next, step, signal);
    }
  }

  async #cleanUp(install: Install): Promise<void> {
    const { files, probations, logger } = this.#parts;
    this.#looks.delete(install.id);
    probations.forget(install.id);
    await this.#keepPackages(install);
    if (install.state !== 'committed') logger.warn(`${install.tarball}: ${install.facts.reason}`);
    await files.clean(install.id);
  }

  async #keepPackages(install: Install): Promise<void> {
    const { files, journal } = this.#parts;
    const { name, version } = install.facts;
    if (install.state !== 'committed' || install.source === 'removal') return;
    if (name === undefined || version === undefined) return;
    const app = journal.app(name);
    if (app?.version !== version) return;
    await files.keep(install.id, name, version);
    await files.removeOldVersions(name, [version, app.previous]);
  }

  /** What an engine that has ended could not do any more. */
  async #tidyOnce(): Promise<void> {
    if (this.#begun.size > 0) return;
    const { journal, files } = this.#parts;
    for (const id of await files.cached()) {
      const install = journal.find(id);
      if (install) await this.#keepPackages(install);
    }
    await files.cleanAllBut(journal.unfinished().map(({ id }) => id));
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

/** How far an install has come, and which others were committed with it. */
interface Carried {
  readonly last: Install;
  readonly isPostponed: boolean;
  readonly together: readonly Install[];
}

/** The work of a state was ended from outside. */
class StopRequested extends Error {
  readonly code = 'STOP_REQUESTED';
}

function waitOf(error: DownloadPostponed): Wait {
  const text = describeError(error);
  return error.until === undefined ? { for: 'offline', text } : { for: 'budget', text, until: error.until };
}
