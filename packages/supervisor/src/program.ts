import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, describeError } from '@gateway-engine/host';
import { makeFifos, OutputChannel } from './capture/output-channel.ts';
import { RotatedLog } from './capture/rotated-log.ts';
import type { LogConfig, ProcessConfig } from './config/program.ts';
import { forgetChild, programFolder, recordChild } from './instance/child-record.ts';
import type { SupervisorLog } from './log.ts';
import { HostedProcess } from './process/hosted-process.ts';
import { type LaunchedChild, launchProgram, type Outputs } from './process/launch.ts';

export interface ProgramParts {
  readonly clock: Clock;
  readonly log: SupervisorLog;
  readonly stateDirectory: string;
  readonly childLogDirectory: string;
  readonly identifier: string;
  /** Environment of the supervisor, the base of every program's. */
  readonly environment: NodeJS.ProcessEnv;
  readonly serverUrl: string | undefined;
  readonly mayStart: () => boolean;
}

/** A configured program with everything it has on this machine: its process, its logs, its FIFOs and its record. */
export class Program {
  readonly config: ProcessConfig;
  readonly process: HostedProcess;
  readonly #outputs: Outputs;
  readonly #folder: string;
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
    const output = (channel: 'stdout' | 'stderr', logConfig: LogConfig) => {
      const log = openableLog(config, channel, logConfig, parts);
      const onError = (error: Error) =>
        parts.log.error(`cannot read the ${channel} of ${config.name} any more: ${describeError(error)}`);
      return {
        log,
        channel: new OutputChannel(join(folder, channel), (chunk) => log?.write(chunk), onError),
      };
    };
    this.#outputs = {
      stdout: output('stdout', config.stdout),
      stderr: config.redirectStderr ? undefined : output('stderr', config.stderr),
    };
    this.process = new HostedProcess(config, {
      ...parts,
      launcher: {
        launch: (_, ended) => {
          this.#child = launchProgram(config, this.#outputs, programEnvironment(config, parts), (outcome) => {
            this.#child = undefined;
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

function openableLog(
  config: ProcessConfig,
  channel: 'stdout' | 'stderr',
  logConfig: LogConfig,
  parts: ProgramParts,
): RotatedLog | undefined {
  if (logConfig.target.kind === 'none') return undefined;
  const path =
    logConfig.target.kind === 'file' ? logConfig.target.path : automaticLog(config, channel, parts);
  return new RotatedLog({
    path,
    maxBytes: logConfig.maxBytes,
    backups: logConfig.backups,
    mode: logConfig.target.kind === 'auto' ? 0o600 : 0o644,
    onTrouble: (message) => parts.log.warn(`${config.name}: ${message}`),
  });
}

/** NAME-stdout---IDENTIFIER-random.log, the names that are cleared at the next start. Nobody can guess them. */
function automaticLog(config: ProcessConfig, channel: string, parts: ProgramParts): string {
  const random = randomBytes(9).toString('base64url');
  return join(parts.childLogDirectory, `${config.name}-${channel}---${parts.identifier}-${random}.log`);
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
