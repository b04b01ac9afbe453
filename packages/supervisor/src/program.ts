import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, describeError } from '@gateway-engine/host';
import { makeFifos, OutputChannel } from './capture/output-channel.ts';
import type { OutputRoute } from './capture/output-route.ts';
import type { RotatedLog } from './capture/rotated-log.ts';
import type { ProcessConfig } from './config/program.ts';
import type { Listener, ListenerPool } from './events/listener-pool.ts';
import { stateEventType, statePayload } from './events/payloads.ts';
import { forgetChild, programFolder, recordChild } from './instance/child-record.ts';
import { HostedProcess } from './process/hosted-process.ts';
import { type LaunchedChild, launchProgram, type Outputs } from './process/launch.ts';
import { type OutputParts, programOutput } from './program-output.ts';

export interface ProgramParts extends OutputParts {
  readonly clock: Clock;
  readonly stateDirectory: string;
  /** Environment of the supervisor, the base of every program's. */
  readonly environment: NodeJS.ProcessEnv;
  readonly serverUrl: string | undefined;
  readonly mayStart: () => boolean;
  /** The pool it belongs to, when it is an event listener. */
  readonly pool: ListenerPool | undefined;
}

/** A configured program with everything it has on this machine: its process, its logs, its FIFOs and its record. */
export class Program {
  readonly config: ProcessConfig;
  readonly process: HostedProcess;
  readonly #outputs: Outputs;
  readonly #folder: string;
  readonly #listener: Listener | undefined;
  readonly #routes: OutputRoute[] = [];
  #child: LaunchedChild | undefined;

  static async make(config: ProcessConfig, parts: ProgramParts): Promise<Program> {
    const folder = programFolder(parts.stateDirectory, config);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const channels = config.redirectStderr ? ['stdout'] : ['stdout', 'stderr'];
    await makeFifos(
      channels.map((channel) => join(folder, channel)),
      config.user,
    );
    return new Program(config, parts, folder);
  }

  private constructor(config: ProcessConfig, parts: ProgramParts, folder: string) {
    this.config = config;
    this.#folder = folder;
    this.#listener = parts.pool?.add({
      name: config.name,
      isRunning: () => this.process.state === 'RUNNING',
      writeStdin: (text) => this.writeStdin(text),
    });
    const output = (channel: 'stdout' | 'stderr') => {
      const program = { pid: () => this.process.pid, listener: this.#listener, autoLog: undefined };
      const route = programOutput(config, channel, parts, program);
      this.#routes.push(route);
      const onError = (error: Error) =>
        parts.log.error(`cannot read the ${channel} of ${config.name} any more: ${describeError(error)}`);
      return {
        log: route.log,
        channel: new OutputChannel(join(folder, channel), (chunk) => route.write(chunk), onError),
      };
    };
    this.#outputs = {
      stdout: output('stdout'),
      stderr: config.redirectStderr ? undefined : output('stderr'),
    };
    this.process = new HostedProcess(config, {
      ...parts,
      onTransition: (change) => {
        this.#listener?.changed(change);
        parts.events.notify(stateEventType(change.to), () => statePayload(config, change));
      },
      launcher: {
        launch: (_, ended) => {
          this.#child = launchProgram(config, this.#outputs, programEnvironment(config, parts), (outcome) => {
            this.#child = undefined;
            for (const route of this.#routes) route.end();
            this.#attempt('forget the pid', parts, () => forgetChild(parts.stateDirectory, config));
            ended(outcome);
          });
          const pid = this.#child?.pid;
          // Without the note it is found again by its FIFO, so that failing to write it is no reason not to run.
          if (pid !== undefined)
            this.#attempt('note the pid', parts, () => recordChild(parts.stateDirectory, config, pid));
          return this.#child;
        },
      },
    });
  }

  /** The log's path; undefined when nothing is logged. */
  logFile(channel: 'stdout' | 'stderr'): string | undefined {
    return this.#outputs[channel]?.log?.path;
  }

  /** False when the program does not read. */
  writeStdin(text: string): boolean {
    return this.#child?.writeStdin(text) ?? false;
  }

  clearLogs(): void {
    for (const log of this.#logs()) log.clear();
  }

  reopenLogs(): void {
    for (const log of this.#logs()) log.open();
  }

  /** Gives back what it holds. The process must not run any more. */
  close(): void {
    this.process.retire();
    this.#outputs.stdout.channel.close();
    this.#outputs.stderr?.channel.close();
    for (const log of this.#logs()) log.close();
  }

  /** Removes its traces in the state directory. Kept over an end of the supervisor: on a full disk no new ones can be made. */
  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #logs(): RotatedLog[] {
    return [this.#outputs.stdout.log, this.#outputs.stderr?.log].filter((log) => log !== undefined);
  }

  #attempt(what: string, parts: ProgramParts, work: () => void): void {
    try {
      work();
    } catch (error) {
      parts.log.error(`cannot ${what} of ${this.config.name}: ${describeError(error)}`);
    }
  }
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
