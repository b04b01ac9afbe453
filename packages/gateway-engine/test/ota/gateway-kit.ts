import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { silentLogger, systemClock } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { type RawEntry, rawTarball, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import type { HomeLayout } from '../../src/home/layout.ts';
import { prepareHome } from '../../src/home/prepare.ts';
import { InstallJournal } from '../../src/ota/journal.ts';
import { PackageFiles } from '../../src/ota/package-files.ts';
import type { OtaParts } from '../../src/ota/parts.ts';
import { Probations } from '../../src/ota/probations.ts';
import { Programs } from '../../src/ota/programs.ts';
import { InstallRunner } from '../../src/ota/run.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { ProcessLock } from '../../src/state/process-lock.ts';
import { StatusOutbox } from '../../src/state/status-outbox.ts';

export const supervisorMain = fileURLToPath(
  new URL('main.ts', import.meta.resolve('@gateway-engine/supervisor')),
);

/** A gateway of the test's own: a home, the product's content in memory, and a real supervisor when it is started. */
export class GatewayKit implements AsyncDisposable {
  readonly layout: HomeLayout;
  readonly supervisor: SupervisorClient;
  readonly content = new Map<string, Buffer>();
  probationSeconds = 0;
  readonly #folder: AsyncDisposable;
  readonly database: DatabaseSync;
  #supervisord: ChildProcess | undefined;

  private constructor(layout: HomeLayout, folder: AsyncDisposable, database: DatabaseSync) {
    this.layout = layout;
    this.#folder = folder;
    this.database = database;
    this.supervisor = new SupervisorClient(`unix://${layout.supervisorSocket}`);
  }

  /** `home`: a folder of the test's own, otherwise a new one. */
  static async make(home?: { readonly path: string } & AsyncDisposable): Promise<GatewayKit> {
    const folder = home ?? (await temporaryFolder());
    const idle = ['/bin/sleep', '100000'];
    const layout = await prepareHome({ home: folder.path, commands: { gwe: idle, gmq: idle, gdc: idle } });
    return new GatewayKit(layout, folder, await openEngineDatabase(layout));
  }

  /** `command`: the words that start another supervisor than our own. */
  async startSupervisor(command: readonly string[] = [process.execPath, supervisorMain]): Promise<void> {
    const [file = '', ...words] = command;
    this.#supervisord = spawn(file, [...words, '-n', '-c', this.layout.supervisordConf], {
      stdio: 'ignore',
    });
    await waitUntil('the supervisor', async () => (await this.supervisor.getState()).statename === 'RUNNING');
  }

  get outbox(): StatusOutbox {
    return new StatusOutbox(this.database);
  }

  journalParts(): ConstructorParameters<typeof InstallJournal> {
    return [this.database, this.outbox, systemClock];
  }

  /** The journal as a newly started engine has it. */
  journal(): InstallJournal {
    return new InstallJournal(...this.journalParts());
  }

  parts(journal: InstallJournal): OtaParts {
    return {
      layout: this.layout,
      journal,
      files: new PackageFiles(this.layout),
      programs: new Programs(this.supervisor, this.layout.programs, systemClock),
      downloads: {
        budget: async () => ({ kind: 'may', left: Number.POSITIVE_INFINITY }),
        client: {
          contentInfo: async (_, id) => ({
            contentType: '',
            size: this.#bytes(id).length,
            updated: 1,
            meta: '',
          }),
          download: async (_, id, options) => ({
            status: options?.from ? 206 : 200,
            total: this.#bytes(id).length,
            body: asChunks(this.#bytes(id).subarray(options?.from ?? 0)),
          }),
        },
        product: { vendor: 'p', model: 'p' },
        clock: systemClock,
        logger: silentLogger,
      },
      trust: undefined,
      probations: new Probations(this.probationSeconds, systemClock),
      window: undefined,
      programDirectory: this.layout.programs,
      logDirectory: this.layout.log,
      clock: systemClock,
      logger: silentLogger,
    };
  }

  /** A runner as a newly started engine has it. */
  runner(journal: InstallJournal): InstallRunner {
    return this.runnerOf(this.parts(journal));
  }

  runnerOf(parts: OtaParts): InstallRunner {
    return new InstallRunner(parts, new ProcessLock(this.database, 'install'));
  }

  /** Puts a package into the content area. */
  offer(tarball: string, entries: readonly RawEntry[]): void {
    this.content.set(tarball, rawTarball(entries));
  }

  /** What a download that is done leaves behind. */
  async putIntoCache(id: number, tarball: string): Promise<void> {
    await writeFile(new PackageFiles(this.layout).tarball(id), this.#bytes(tarball));
  }

  /** Puts a package into the content area and instructs the gateway to install it. */
  instruct(journal: InstallJournal, tarball: string, entries: readonly RawEntry[]): void {
    this.offer(tarball, entries);
    journal.addInstruction(`${tarball} ${Math.random()}`, { install: [tarball] });
  }

  /** Instructs, carries out, and gives what the platform would be told. */
  async install(tarball: string, entries: readonly RawEntry[]): Promise<string> {
    const journal = this.journal();
    this.instruct(journal, tarball, entries);
    await this.runToEnd(this.runner(journal));
    return this.takeStatus();
  }

  /** Until nothing is on probation any more. */
  async runToEnd(runner: InstallRunner): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    do {
      await runner.run(signal);
      if (runner.isWatching) await systemClock.sleep(Math.min(100, runner.nextLookMs));
    } while (runner.isWatching);
  }

  takeStatus(): string {
    const status = this.outbox.pending();
    if (status) this.outbox.delivered(status);
    return status?.text ?? '';
  }

  /** The command line of an application's process; undefined when none runs. */
  async commandOf(name: string): Promise<string | undefined> {
    const info = (await this.supervisor.getAllProcessInfo()).find((process) => process.name === name);
    if (info?.statename !== 'RUNNING') return undefined;
    // Between fork and exec a process has no command line yet, then the one of the shell that makes way for it.
    return waitUntil('a command line', () => {
      const words = readFileSync(`/proc/${info.pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      return words === '' || words.includes('exec "$@"') ? undefined : words;
    });
  }

  /** A file of the home; undefined when it is not there. */
  async text(...path: string[]): Promise<string | undefined> {
    try {
      return await readFile(join(this.layout.root, ...path), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async stopSupervisor(): Promise<void> {
    const supervisord = this.#supervisord;
    if (!supervisord || supervisord.exitCode !== null) return;
    const ended = new Promise((resolve) => supervisord.once('exit', resolve));
    supervisord.kill('SIGTERM');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopSupervisor();
    this.database.close();
    await this.#folder[Symbol.asyncDispose]();
  }

  #bytes(id: string): Buffer {
    const bytes = this.content.get(id);
    if (!bytes) throw new Error(`the test has no content ${id}`);
    return bytes;
  }
}

/** A package whose installer runs these lines, and a supervisor.conf when there are options. */
export function packageOf(script: readonly string[], conf?: readonly string[]): RawEntry[] {
  const entries: RawEntry[] = [
    { path: 'install.sh', mode: 0o755, content: `#!/bin/sh\n${script.map((line) => `${line}\n`).join('')}` },
  ];
  if (conf)
    entries.push({
      path: 'supervisor.conf',
      content: `[supervisord]\n${conf.map((l) => `${l}\n`).join('')}`,
    });
  return entries;
}

async function* asChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
