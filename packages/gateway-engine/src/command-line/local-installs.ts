import type { DatabaseSync } from 'node:sqlite';
import { readGatewayCfg } from '@gateway-engine/device-client';
import { createLogger, systemClock, UsageError } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { debugLevel, readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { Install } from '../ota/install.ts';
import { InstallJournal } from '../ota/journal.ts';
import { describeInstall } from '../ota/outcome.ts';
import { PackageFiles } from '../ota/package-files.ts';
import { Probations } from '../ota/probations.ts';
import { Programs } from '../ota/programs.ts';
import { InstallRunner } from '../ota/run.ts';
import { isFinal } from '../ota/states.ts';
import { EngineProcesses } from '../self-update/engine-processes.ts';
import { EngineSlots } from '../self-update/engine-slots.ts';
import { openEngineDatabase } from '../state/database.ts';
import { ProcessLock } from '../state/process-lock.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import type { GatewayTrust } from '../trust/gateway-trust.ts';
import type { MetadataSource } from '../trust/metadata-source.ts';
import { openTrust } from '../trust/open-trust.ts';
import type { Console } from './configure.ts';
import { type HistoryEntry, historyEntry } from './history-entry.ts';

/** Work on the applications that a person at the gateway asks for: by the engine's journal and steps, without network. */
export class LocalInstalls {
  readonly journal: InstallJournal;
  readonly files: PackageFiles;
  readonly #runner: InstallRunner;
  readonly #database: DatabaseSync;
  readonly #console: Console;
  readonly #trust: GatewayTrust;
  readonly #ending = new AbortController();
  readonly #outcomes: Outcome[] = [];

  private constructor(database: DatabaseSync, runner: InstallRunner, journal: InstallJournal, place: Place) {
    this.#database = database;
    this.#runner = runner;
    this.journal = journal;
    this.files = place.files;
    this.#console = place.console;
    this.#trust = place.trust;
    const end = () =>
      this.#ending.abort(new UsageError('interrupted; the engine cleans up at its next start'));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  }

  static async open(
    layout: HomeLayout,
    console: Console,
    options: LocalInstallsOptions = {},
  ): Promise<LocalInstalls> {
    const config = await readEngineConfig(layout);
    const level = options.setDebugLevel === undefined ? 'ERROR' : debugLevel.parse(options.setDebugLevel);
    const logger = createLogger({ name: 'gwe', level });
    const database = await openEngineDatabase(layout);
    const journal = new InstallJournal(database, new StatusOutbox(database), systemClock);
    const supervisor = new SupervisorClient(config.supervisorUrl);
    const files = new PackageFiles(layout);
    const trust = openTrust({
      layout,
      database,
      product: (await readGatewayCfg(layout.gatewayCfg)).model,
      ota: config.ota,
      platform: undefined,
      clock: systemClock,
      logger,
    });
    const runner = new InstallRunner(
      {
        layout,
        journal,
        files,
        programs: new Programs(supervisor, config.programDirectory, systemClock),
        downloads: undefined,
        trust,
        engine: {
          slots: new EngineSlots(layout.engine),
          processes: new EngineProcesses(supervisor),
          // A new version of the engine proves itself; this command only waits for it.
          ownSlot: undefined,
          hasCheckedIn: () => false,
          upSeconds: () => 0,
          endSelf: () => {},
          trialSeconds: config.ota.engineProbationSeconds,
        },
        probations: new Probations(config.ota.probationSeconds, systemClock),
        window: config.ota.window,
        programDirectory: config.programDirectory,
        logDirectory: config.logDirectory,
        clock: systemClock,
        logger,
      },
      new ProcessLock(database, 'install'),
    );
    return new LocalInstalls(database, runner, journal, {
      files,
      trust,
      console: options.json === true ? { ...console, out: () => undefined } : console,
    });
  }

  /** Carries it out to its end, prints the outcome, and gives it. The engine may do so at the same time. */
  async carryOut(install: Install): Promise<Install> {
    const [ended = install] = await this.carryOutAll([install]);
    return ended;
  }

  /** The same for several, in whatever order they need. */
  async carryOutAll(installs: readonly Install[]): Promise<Install[]> {
    const told = new Map<number, string>();
    const ended = new Map<number, Install>();
    for (;;) {
      await this.#runner.run(this.#ending.signal, installs);
      for (const { id } of installs) {
        const now = this.journal.find(id);
        if (!now) throw new Error(`the journal has lost install ${id}`);
        if (ended.has(id)) continue;
        if (isFinal(now.state)) {
          const text = describeInstall(now);
          this.#console.out(text);
          this.#outcomes.push({ ...historyEntry(now), text });
          ended.set(id, now);
          continue;
        }
        const wait = now.facts.waits?.text ?? '';
        if (wait !== '' && wait !== told.get(id)) this.#console.err(`${now.tarball}: ${wait}`);
        told.set(id, wait);
      }
      if (ended.size === installs.length) return [...ended.values()];
      await systemClock.sleep(this.#runner.nextLookMs, this.#ending.signal);
    }
  }

  /** Whether files that were given by hand are still being installed, by whomever. */
  get hasFileInstalls(): boolean {
    return this.journal.unfinished().some(({ source }) => source === 'file');
  }

  /** Takes the signed metadata that was brought with files. Throws TrustError. */
  async adopt(source: MetadataSource): Promise<void> {
    await this.#trust.adopt(source, this.#ending.signal);
  }

  /** What has ended so far, in the order in which it did. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes;
  }

  close(): void {
    this.#database.close();
  }
}

/** As `--json` prints it. `text` is what is printed without it. */
export interface Outcome extends HistoryEntry {
  readonly text: string;
}

export interface LocalInstallsOptions {
  readonly setDebugLevel?: string;
  /** The outcomes are printed by the caller, as JSON. */
  readonly json?: boolean;
}

interface Place {
  readonly files: PackageFiles;
  readonly trust: GatewayTrust;
  readonly console: Console;
}
