import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { PackageKind } from '@gateway-engine/app-package';
import type { Clock } from '@gateway-engine/host';
import { inReservedTransaction } from '../state/reserve.ts';
import type { StatusOutbox } from '../state/status-outbox.ts';
import type { Install, InstalledApp, InstallFacts, InstallSource } from './install.ts';
import { describeInstall } from './outcome.ts';
import { type InstallState, installStates, isFinal, transitions } from './states.ts';

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

  constructor(database: DatabaseSync, outbox: StatusOutbox, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#outbox = outbox;
    this.#clock = clock;
  }

  /**
   * Writes an instruction down with its installs, before it is cleared at the platform. `known` when an
   * instruction of the same text was not cleared yet: it is the same one, read again. `problem`: why
   * it cannot be followed.
   */
  addInstruction(text: string, tarballs: readonly string[], problem?: string): 'added' | 'known' {
    return inReservedTransaction(this.#database, () => {
      if (this.isUncleared(text)) return 'known';
      this.#database
        .prepare('INSERT INTO instruction (text, received_at) VALUES (?, ?)')
        .run(text, this.#clock.now());
      this.#database.exec(
        `DELETE FROM instruction WHERE id <= (SELECT max(id) FROM instruction) - ${historyLength}`,
      );
      for (const tarball of tarballs) this.#insert('content', tarball, null);
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

  addFile(tarball: string, path: string): Install {
    return inReservedTransaction(this.#database, () => this.#get(this.#insert('file', tarball, path)));
  }

  /** Installs that have not come to an end, in the order they were asked for. */
  unfinished(): Install[] {
    const rows = this.#database
      .prepare("SELECT * FROM install WHERE state NOT IN ('committed', 'rolled-back', 'failed') ORDER BY id")
      .all();
    return rows.map(asInstall);
  }

  find(id: number): Install | undefined {
    const row = this.#database.prepare('SELECT * FROM install WHERE id = ?').get(id);
    return row && asInstall(row);
  }

  /** The one function that changes an install's state. */
  changeState(install: Install, to: InstallState, facts: InstallFacts = {}): Install {
    if (!transitions[install.state].includes(to)) {
      throw new Error(`install ${install.id} cannot go from ${install.state} to ${to}`);
    }
    return inReservedTransaction(this.#database, () => {
      // From disk: actions add facts while they work.
      const current = this.#get(install.id);
      if (current.state !== install.state)
        throw new Error(`install ${install.id} is in ${current.state} by now`);
      const merged = { ...current.facts, ...facts };
      this.#database
        .prepare('UPDATE install SET state = ?, facts = ?, changed_at = ? WHERE id = ?')
        .run(to, JSON.stringify(merged), this.#clock.now(), install.id);
      if (to === 'committed') this.#recordVersion(merged);
      const changed = this.#get(install.id);
      if (isFinal(to)) {
        if (changed.source === 'content') this.#outbox.addWithin(describeInstall(changed));
        this.#forgetOld();
      }
      return changed;
    });
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

  /** Counts that an install was picked up after an interruption. */
  countAttempt(install: Install): Install {
    return inReservedTransaction(this.#database, () => {
      this.#database.prepare('UPDATE install SET attempts = attempts + 1 WHERE id = ?').run(install.id);
      return this.#get(install.id);
    });
  }

  apps(): InstalledApp[] {
    return this.#database.prepare('SELECT name, version, kind FROM app ORDER BY name').all().map(asApp);
  }

  app(name: string): InstalledApp | undefined {
    const row = this.#database.prepare('SELECT name, version, kind FROM app WHERE name = ?').get(name);
    return row && asApp(row);
  }

  #insert(source: InstallSource, tarball: string, path: string | null): number {
    const now = this.#clock.now();
    const { lastInsertRowid } = this.#database
      .prepare(
        "INSERT INTO install (source, tarball, path, state, facts, created_at, changed_at) VALUES (?, ?, ?, 'queued', '{}', ?, ?)",
      )
      .run(source, tarball, path, now, now);
    return Number(lastInsertRowid);
  }

  #get(id: number): Install {
    const install = this.find(id);
    if (!install) throw new Error(`there is no install ${id}`);
    return install;
  }

  #recordVersion({ name, version, contents }: InstallFacts): void {
    if (name === undefined || version === undefined || !contents) {
      throw new Error('an install without a name, a version or contents cannot be committed');
    }
    this.#database
      .prepare('INSERT OR REPLACE INTO app (name, version, kind, installed_at) VALUES (?, ?, ?, ?)')
      .run(name, version, contents.kind, this.#clock.now());
  }

  #forgetOld(): void {
    this.#database.exec(`DELETE FROM install WHERE state IN ('committed', 'rolled-back', 'failed')
      AND id <= (SELECT max(id) FROM install) - ${historyLength}`);
  }
}

function asInstall(row: Record<string, SQLOutputValue>): Install {
  const state = installStates.find((known) => known === row.state);
  if (!state) throw new Error(`install ${row.id} is in an unknown state "${row.state}"`);
  return {
    id: Number(row.id),
    source: row.source === 'file' ? 'file' : 'content',
    tarball: String(row.tarball),
    path: row.path === null ? null : String(row.path),
    state,
    attempts: Number(row.attempts),
    facts: JSON.parse(String(row.facts)) as InstallFacts,
  };
}

function asApp(row: Record<string, SQLOutputValue>): InstalledApp {
  return { name: String(row.name), version: String(row.version), kind: String(row.kind) as PackageKind };
}
