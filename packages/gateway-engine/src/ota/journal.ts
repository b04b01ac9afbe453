import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { PackageKind } from '@gateway-engine/app-package';
import type { Clock } from '@gateway-engine/host';
import { inReservedTransaction } from '../state/reserve.ts';
import type { StatusOutbox } from '../state/status-outbox.ts';
import {
  type Install,
  type InstalledApp,
  type InstallFacts,
  type InstallSource,
  installSources,
  needsOfInstall,
} from './install.ts';
import { describeInstall } from './outcome.ts';
import { beginsAnewAt, canBeStopped } from './plan.ts';
import {
  type FinalState,
  formerNames,
  type InstallState,
  installStates,
  isFinal,
  transitions,
} from './states.ts';
import { subjectOf } from './subject.ts';
import type { Wait } from './why.ts';

/** What an instruction asks for: tarballs to install, applications to remove, and those whose work is to be stopped. */
export interface Wanted {
  readonly install: readonly string[];
  readonly remove?: readonly string[];
  readonly cancel?: readonly string[];
}

/** How many finished installs are kept. */
const historyLength = 100;

/**
 * The journal of installs. Each method is one transaction, on disk when it returns; a state and what was learnt on the
 * way to it are written together, so that a kill at any moment leaves a state whose facts are all there. What the
 * platform is to be told goes into the outbox in the same transaction, so that it is told for certain, and once.
 */
export class InstallJournal {
  readonly #database: DatabaseSync;
  readonly #outbox: StatusOutbox;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onEnd: ((state: FinalState) => void) | undefined;

  /** `onEnd` is told of each install that has come to its end, when that is on disk. */
  constructor(
    database: DatabaseSync,
    outbox: StatusOutbox,
    clock: Pick<Clock, 'now'>,
    onEnd?: (state: FinalState) => void,
  ) {
    this.#database = database;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /**
   * Writes an instruction down with its installs, before it is cleared at the platform. `known` when an
   * instruction of the same text was not cleared yet: it is the same one, read again. `problem`: why
   * it cannot be followed.
   */
  addInstruction(text: string, wanted: Wanted, problem?: string): 'added' | 'known' {
    return inReservedTransaction(this.#database, () => {
      if (this.isUncleared(text)) return 'known';
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO instruction (text, received_at) VALUES (?, ?)')
        .run(text, this.#clock.now());
      this.#database.exec(
        `DELETE FROM instruction WHERE id <= (SELECT max(id) FROM instruction) - ${historyLength}`,
      );
      const facts = { instruction: Number(lastInsertRowid) };
      for (const app of wanted.cancel ?? []) this.#cancel(app);
      for (const app of wanted.remove ?? []) this.#insert('removal', app, null, facts);
      for (const tarball of wanted.install) this.#insert('content', tarball, null, facts);
      if (problem !== undefined) this.#outbox.addWithin(problem);
      return 'added';
    });
  }

  /** Whether this text was taken over, and only its clearing is outstanding. */
  isUncleared(text: string): boolean {
    const sql = 'SELECT 1 FROM instruction WHERE cleared = 0 AND text = ?';
    return this.#database.prepare(sql).get(text) !== undefined;
  }

  /** The platform has taken the empty value, or shows it: the same text from now on is a new instruction. */
  instructionCleared(): void {
    inReservedTransaction(this.#database, () =>
      this.#database.prepare('UPDATE instruction SET cleared = 1 WHERE cleared = 0').run(),
    );
  }

  /** Work that somebody at the gateway asks for. */
  add(source: Exclude<InstallSource, 'content'>, tarball: string, path: string | null = null): Install {
    return inReservedTransaction(this.#database, () => this.#get(this.#insert(source, tarball, path, {})));
  }

  /**
   * Files that were brought together: as an instruction that asks for all of them, in dependency order, of which the
   * platform is told when there is a network.
   */
  addFiles(text: string, files: readonly { readonly tarball: string; readonly path: string }[]): Install[] {
    return inReservedTransaction(this.#database, () => {
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO instruction (text, received_at, cleared) VALUES (?, ?, 1)')
        .run(text, this.#clock.now());
      const facts = { instruction: Number(lastInsertRowid) };
      return files.map(({ tarball, path }) => this.#get(this.#insert('file', tarball, path, facts)));
    });
  }

  /** Installs that have not come to an end, in the order they were asked for. */
  unfinished(): Install[] {
    const rows = this.#database
      .prepare("SELECT * FROM install WHERE state NOT IN ('committed', 'rolled-back', 'failed') ORDER BY id")
      .all();
    return rows.map(asInstall);
  }

  /** All that came with the same instruction, ended or not, itself included. */
  siblings(install: Install): Install[] {
    const { instruction } = install.facts;
    if (instruction === undefined) return [install];
    const sql = "SELECT * FROM install WHERE facts ->> '$.instruction' = ? ORDER BY id";
    return this.#database.prepare(sql).all(instruction).map(asInstall);
  }

  /** The last installs, ended or not, the newest first. */
  history(): Install[] {
    return this.#database.prepare('SELECT * FROM install ORDER BY id DESC').all().map(asInstall);
  }

  find(id: number): Install | undefined {
    const row = this.#database.prepare('SELECT * FROM install WHERE id = ?').get(id);
    return row && asInstall(row);
  }

  /** The one function that changes an install's state. */
  changeState(install: Install, to: InstallState, facts: InstallFacts = {}): Install {
    const changed = inReservedTransaction(this.#database, () => this.#change(install, to, facts));
    if (isFinal(to)) this.#onEnd?.(to);
    return changed;
  }

  /** Commits installs that belong together: all of them, or none. */
  commitTogether(installs: readonly Install[]): void {
    inReservedTransaction(this.#database, () => {
      for (const install of installs) this.#change(install, 'committed', {});
    });
    for (const _ of installs) this.#onEnd?.('committed');
  }

  #change(install: Install, to: InstallState, facts: InstallFacts): Install {
    if (!transitions[install.state].includes(to)) {
      throw new Error(`install ${install.id} cannot go from ${install.state} to ${to}`);
    }
    // From disk: actions add facts while they work.
    const current = this.#get(install.id);
    if (current.state !== install.state)
      throw new Error(`install ${install.id} is in ${current.state} by now`);
    const merged: InstallFacts = { ...current.facts, waits: undefined, ...facts };
    const stopped = current.facts.previous !== undefined;
    this.#database
      .prepare('UPDATE install SET state = ?, facts = ?, attempts = ?, changed_at = ? WHERE id = ?')
      .run(
        to,
        JSON.stringify(merged),
        beginsAnewAt(to, { stopped }) ? 0 : current.attempts,
        this.#clock.now(),
        install.id,
      );
    if (to === 'committed') this.#recordVersion(current, merged);
    const changed = this.#get(install.id);
    if (isFinal(to)) {
      const isAsked = changed.source === 'content' || changed.facts.instruction !== undefined;
      if (isAsked) this.#outbox.addWithin(describeInstall(changed));
      this.#forgetOld();
    }
    return changed;
  }

  /** Adds facts within a state. */
  addFacts(install: Install, facts: InstallFacts): Install {
    return inReservedTransaction(this.#database, () => {
      const current = this.#get(install.id);
      this.#database
        .prepare('UPDATE install SET facts = ? WHERE id = ?')
        .run(JSON.stringify({ ...current.facts, ...facts }), install.id);
      return this.#get(install.id);
    });
  }

  /** Notes what an install waits for; `told`: what the platform is to know of that. */
  noteWait(install: Install, waits: Wait, told: string | undefined): void {
    inReservedTransaction(this.#database, () => {
      const facts: InstallFacts = { ...this.#get(install.id).facts, waits };
      this.#database
        .prepare('UPDATE install SET facts = ? WHERE id = ?')
        .run(JSON.stringify(facts), install.id);
      if (told !== undefined) this.#outbox.addWithin(told);
    });
  }

  /** Counts that an install was picked up after an interruption. */
  countAttempt(install: Install): Install {
    return inReservedTransaction(this.#database, () => {
      this.#database.prepare('UPDATE install SET attempts = attempts + 1 WHERE id = ?').run(install.id);
      return this.#get(install.id);
    });
  }

  /** Asks for the end of an install that is under way: whoever carries it out sees that before its next step. */
  requestStop(install: Install, why: string): void {
    this.addFacts(install, { stop: why });
  }

  apps(): InstalledApp[] {
    const sql = 'SELECT name, version, kind, facts FROM app ORDER BY name';
    return this.#database.prepare(sql).all().map(asApp);
  }

  app(name: string): InstalledApp | undefined {
    const row = this.#database.prepare('SELECT name, version, kind, facts FROM app WHERE name = ?').get(name);
    return row && asApp(row);
  }

  /**
   * What a later install is held against: the installed version, or the one that was removed last. Otherwise whoever can
   * have an application removed could have an older release installed in its place.
   */
  lastRelease(name: string): Pick<InstalledApp, 'version' | 'release'> | undefined {
    const app = this.app(name);
    if (app) return { version: app.version, release: app.release };
    const row = this.#database.prepare('SELECT version, release FROM removed_app WHERE name = ?').get(name);
    return row && { version: String(row.version), release: Number(row.release) };
  }

  #cancel(app: string): void {
    const mine = this.unfinished().filter((install) => subjectOf(install) === app);
    for (const { id, state, facts } of mine) {
      if (!canBeStopped(state)) continue;
      this.#database
        .prepare('UPDATE install SET facts = ? WHERE id = ?')
        .run(JSON.stringify({ ...facts, stop: 'cancelled by an instruction' }), id);
    }
    if (mine.length === 0) this.#outbox.addWithin(`${app}: nothing to cancel`);
  }

  #insert(source: InstallSource, tarball: string, path: string | null, facts: InstallFacts): number {
    const now = this.#clock.now();
    const { lastInsertRowid } = this.#database
      .prepare(
        "INSERT INTO install (source, tarball, path, state, facts, created_at, changed_at) VALUES (?, ?, ?, 'queued', ?, ?, ?)",
      )
      .run(source, tarball, path, JSON.stringify(facts), now, now);
    return Number(lastInsertRowid);
  }

  #get(id: number): Install {
    const install = this.find(id);
    if (!install) throw new Error(`there is no install ${id}`);
    return install;
  }

  #recordVersion(install: Install, facts: InstallFacts): void {
    if (install.source === 'removal') {
      this.#recordRemoval(install.tarball);
      return;
    }
    const { name, version, contents, trust, previous } = facts;
    if (name === undefined || version === undefined || !contents) {
      throw new Error('an install without a name, a version or contents cannot be committed');
    }
    const before = previous?.version ?? null;
    const app = this.app(name);
    // A package that is kept is not judged again; it has the place among the releases that it had.
    const keptRelease = install.source === 'kept' && app?.previous === version ? app.previousRelease : null;
    const isSame = before === version;
    const appFacts: AppFacts = {
      release: trust?.kind === 'signed' ? trust.custom.release : (keptRelease ?? null),
      previous: isSame ? (app?.previous ?? null) : before,
      previousRelease: (isSame ? app?.previousRelease : app?.release) ?? null,
      needs: needsOfInstall({ ...install, facts }),
    };
    this.#database
      .prepare('INSERT OR REPLACE INTO app (name, version, kind, installed_at, facts) VALUES (?, ?, ?, ?, ?)')
      .run(name, version, contents.kind, this.#clock.now(), JSON.stringify(appFacts));
    this.#database.prepare('DELETE FROM removed_app WHERE name = ?').run(name);
  }

  #recordRemoval(name: string): void {
    const app = this.app(name);
    if (app && app.release !== null) {
      this.#database
        .prepare('INSERT OR REPLACE INTO removed_app (name, version, release) VALUES (?, ?, ?)')
        .run(name, app.version, app.release);
    }
    this.#database.prepare('DELETE FROM app WHERE name = ?').run(name);
  }

  #forgetOld(): void {
    this.#database.exec(`DELETE FROM install WHERE state IN ('committed', 'rolled-back', 'failed')
      AND id <= (SELECT max(id) FROM install) - ${historyLength}`);
  }
}

function asInstall(row: Record<string, SQLOutputValue>): Install {
  const written = String(row.state);
  const state = installStates.find((known) => known === written) ?? formerNames[written];
  if (!state) throw new Error(`install ${row.id} is in an unknown state "${written}"`);
  return {
    id: Number(row.id),
    source: installSources.find((known) => known === row.source) ?? 'content',
    tarball: String(row.tarball),
    path: row.path === null ? null : String(row.path),
    state,
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
    changedAt: Number(row.changed_at),
    facts: JSON.parse(String(row.facts)) as InstallFacts,
  };
}

type AppFacts = Pick<InstalledApp, 'release' | 'previous' | 'previousRelease' | 'needs'>;

function asApp(row: Record<string, SQLOutputValue>): InstalledApp {
  // Applications that were installed by an earlier version of the engine have no facts.
  const facts = JSON.parse(String(row.facts)) as Partial<AppFacts>;
  const { release = null, previous = null, previousRelease = null, needs } = facts;
  return {
    name: String(row.name),
    version: String(row.version),
    kind: String(row.kind) as PackageKind,
    release,
    previous,
    previousRelease,
    ...(needs && { needs }),
  };
}
