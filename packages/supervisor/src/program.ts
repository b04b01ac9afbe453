import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, describeError, processStartTime } from '@gateway-engine/host';
import { InputChannel } from './capture/input-channel.ts';
import type { KernelCalls } from './capture/kernel-calls.ts';
import { makeFifos, OutputChannel } from './capture/output-channel.ts';
import type { OutputPump } from './capture/output-pump.ts';
import type { OutputRoute } from './capture/output-route.ts';
import type { PipeReader } from './capture/pipe-reader.ts';
import type { RotatedLog } from './capture/rotated-log.ts';
import type { Sweep } from './capture/sweep.ts';
import type { ProcessConfig } from './config/program.ts';
import type { Listener, ListenerPool } from './events/listener-pool.ts';
import { stateEventType, statePayload } from './events/payloads.ts';
import { programFolder, removeRecord, writeRecord } from './instance/program-record.ts';
import type { Left } from './instance/restore.ts';
import type { StateFolder } from './instance/stored.ts';
import { adoptProcess, type ProcessIdentity } from './process/adopt.ts';
import type { Child } from './process/child.ts';
import type { EndWatch } from './process/end-watch.ts';
import type { SpawnError } from './process/find-command.ts';
import { HostedProcess } from './process/hosted-process.ts';
import { launchProgram, type ProgramFiles } from './process/launch.ts';
import type { WaitStatus } from './process/wait-status.ts';
import { type CareParts, ProgramCare } from './program-care.ts';
import { type OutputParts, programOutput } from './program-output.ts';
import type { StartOrder } from './start-order.ts';

export interface ProgramParts extends OutputParts, CareParts {
  readonly clock: Clock;
  readonly state: StateFolder;
  readonly reader: PipeReader;
  readonly pump: OutputPump;
  readonly sweep: Sweep;
  readonly kernel: KernelCalls | undefined;
  readonly endWatch: EndWatch;
  /** Environment of the supervisor, the base of every program's. */
  readonly environment: NodeJS.ProcessEnv;
  readonly serverUrl: string | undefined;
  readonly mayStart: () => boolean;
  readonly order: StartOrder;
  /** The pool it belongs to, when it is an event listener. */
  readonly pool: ListenerPool | undefined;
}

/** A configured program with everything it has on this machine: its process, its logs, its FIFOs and its record. */
export class Program {
  readonly config: ProcessConfig;
  readonly process: HostedProcess;
  readonly care: ProgramCare;
  readonly #parts: ProgramParts;
  readonly #files: ProgramFiles;
  readonly #folder: string;
  readonly #listener: Listener | undefined;
  readonly #routes: OutputRoute[] = [];
  #identity: ProcessIdentity | undefined;
  #recordIsDue = false;
  #isForEnd = false;
  #isClosed = false;

  /** `left` is what a supervisor before this one left of it: this one goes on with that. */
  static async make(config: ProcessConfig, parts: ProgramParts, left?: Left): Promise<Program> {
    const folder = programFolder(parts.state, config);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const channels = config.redirectStderr ? ['stdin', 'stdout'] : ['stdin', 'stdout', 'stderr'];
    await makeFifos(
      channels.map((channel) => join(folder, channel)),
      config.user,
    );
    const program = new Program(config, parts, folder, left);
    if (left) program.#restore(left);
    return program;
  }

  private constructor(config: ProcessConfig, parts: ProgramParts, folder: string, left: Left | undefined) {
    this.config = config;
    this.#parts = parts;
    this.#folder = folder;
    this.#listener = parts.pool?.add({
      name: config.name,
      isRunning: () => this.process.state === 'RUNNING',
      writeStdin: (text) => this.writeStdin(text),
    });
    const output = (channel: 'stdout' | 'stderr') => {
      const program = {
        pid: () => this.process.pid,
        listener: this.#listener,
        autoLog: left?.record.autoLogs[channel],
      };
      const route = programOutput(config, channel, parts, program);
      this.#routes.push(route);
      const onError = (error: unknown) =>
        parts.log.error(`cannot read the ${channel} of ${config.name} any more: ${describeError(error)}`);
      return {
        log: route.log,
        channel: new OutputChannel(join(folder, channel), route, { ...parts, onError }),
      };
    };
    this.#files = {
      stdin: new InputChannel(join(folder, 'stdin'), parts.clock),
      stdout: output('stdout'),
      stderr: config.redirectStderr ? undefined : output('stderr'),
    };
    this.care = new ProgramCare(config, folder, parts);
    this.process = new HostedProcess(config, {
      ...parts,
      onTransition: (change) => {
        // What a process before it has left in the pipe is no answer of this one.
        if (this.#listener && change.to === 'STARTING') this.#files.stdout.channel.drain();
        this.#listener?.changed(change);
        parts.events.notify(stateEventType(change.to), () => statePayload(config, change));
      },
      launcher: {
        launch: (_, ended) => {
          const child = this.#launch(ended);
          const startTime = child && processStartTime(child.pid);
          this.#identity = child && startTime !== undefined ? { pid: child.pid, startTime } : undefined;
          this.#record(this.#identity);
          return child && this.care.started(child);
        },
      },
    });
    this.care.follow(this.process, programEnvironment(config, parts), parts.clock);
    this.care.health.onChange(() => parts.order.changed());
    this.process.onChange(() => this.#changed());
    this.process.onChange(() => parts.order.changed());
  }

  /** The log's path; undefined when nothing is logged. */
  logFile(channel: 'stdout' | 'stderr'): string | undefined {
    return this.#files[channel]?.log?.path;
  }

  /** Starts it, or does so when what it depends on is up: then the promise tells whether it was. */
  begin(): Promise<boolean> | undefined {
    return this.#parts.order.begin(this);
  }

  /** What it depends on that nobody is about to start; empty when there is nothing of the kind. */
  get hopeless(): string {
    return this.#parts.order.hopeless(this);
  }

  /** What its start waits for; empty when it does not wait. */
  get waitsFor(): string {
    return this.#parts.order.waitsFor(this);
  }

  /** Its start is not waited for any more. False when it was not. */
  giveUpStart(): boolean {
    return this.#parts.order.giveUp(this);
  }

  /** False when the program does not read. */
  writeStdin(text: string): boolean {
    return this.process.pid !== 0 && this.#files.stdin.write(text);
  }

  clearLogs(): void {
    for (const log of this.#logs()) log.clear();
  }

  reopenLogs(): void {
    for (const log of this.#logs()) log.open();
  }

  /** Stops it since the supervisor is to end. */
  stopForEnd(): void {
    this.#isForEnd = true;
    this.process.stopForShutdown();
    this.#record();
  }

  /**
   * Gives back what it holds. A process that still runs then is left to the next supervisor, with a record of it.
   */
  close(): void {
    this.giveUpStart();
    if (this.process.pid !== 0) this.#record();
    this.#isClosed = true;
    this.process.retire();
    this.care.close();
    this.#files.stdin.close();
    for (const output of this.#outputs()) {
      output.channel.drain();
      output.channel.close();
    }
    for (const log of this.#logs()) log.close();
  }

  /** Removes its traces in the state directory. Kept over an end of the supervisor: on a full disk no new ones can be made. */
  forget(): void {
    this.care.endRemains();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #restore({ record, identity }: Left): void {
    const { process } = record;
    this.#identity = identity;
    if (identity && isAlive(identity))
      this.#parts.log.info(
        `adopted: '${this.config.name}' with pid ${identity.pid}, ${process.state}, which a supervisor before this one started`,
      );
    this.care.restored();
    this.process.restore(
      process,
      identity &&
        ((ended) =>
          this.care.adopted(
            adoptProcess(identity, this.#parts, (status) => {
              this.#hasEnded();
              ended(status);
            }),
          )),
    );
  }

  #launch(ended: (outcome: WaitStatus | SpawnError) => void): Child | undefined {
    const environment = { ...programEnvironment(this.config, this.#parts), ...this.care.environment };
    const prefix = this.care.prepare();
    try {
      return launchProgram(
        this.config,
        this.#files,
        environment,
        (outcome) => {
          this.#hasEnded();
          ended(outcome);
        },
        prefix,
      );
    } finally {
      prefix?.close();
    }
  }

  #hasEnded(): void {
    // First of all, since it is waited for in the end.
    if (this.process.state === 'RUNNING' && this.config.autorestart !== 'never')
      this.care.confinement.startIsNear();
    for (const { channel } of this.#outputs()) channel.drain();
    this.care.ended(this.process.state === 'STOPPING');
    this.#files.stdin.close();
    for (const route of this.#routes) route.end();
  }

  /** A start is noted before it is made, so that a kill in between leaves no second copy. The rest may wait a moment. */
  #changed(): void {
    if (this.process.state === 'STARTING') this.#record();
    else if (!this.#recordIsDue) {
      this.#recordIsDue = true;
      queueMicrotask(() => {
        this.#recordIsDue = false;
        this.#record();
      });
    }
  }

  #record(identity = this.process.pid === 0 ? undefined : this.#identity): void {
    if (this.#isClosed) return;
    const { state, log } = this.#parts;
    try {
      // What the end of the supervisor has stopped starts with the next one as if for the first time.
      if (this.#isForEnd && !identity) removeRecord(state, this.config);
      else
        writeRecord(state, this.config, {
          process: this.process.snapshot(),
          identity,
          forEnd: this.#isForEnd,
          autoLogs: { stdout: this.#autoLog('stdout'), stderr: this.#autoLog('stderr') },
        });
    } catch (error) {
      log.error(`cannot note the state of ${this.config.name}: ${describeError(error)}`);
      // A note that is not true any more is worse than none: without one it is found by its FIFO.
      removeRecord(state, this.config);
    }
  }

  #autoLog(channel: 'stdout' | 'stderr'): string | undefined {
    return this.config[channel].target.kind === 'auto' ? this.logFile(channel) : undefined;
  }

  #outputs() {
    return [this.#files.stdout, this.#files.stderr].filter((output) => output !== undefined);
  }

  #logs(): RotatedLog[] {
    return this.#outputs().flatMap(({ log }) => log ?? []);
  }
}

function isAlive(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

function programEnvironment(config: ProcessConfig, parts: ProgramParts): NodeJS.ProcessEnv {
  const serverUrl = config.serverUrl ?? parts.serverUrl;
  return {
    ...parts.environment,
    SUPERVISOR_ENABLED: '1',
    ...(serverUrl === undefined ? {} : { SUPERVISOR_SERVER_URL: serverUrl }),
    SUPERVISOR_PROCESS_NAME: config.name,
    SUPERVISOR_GROUP_NAME: config.group,
    ...config.environment,
  };
}
