import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, describeError } from '@gateway-engine/host';
import type { ProcessConfig } from './config/program.ts';
import { HealthWatch } from './health/health-watch.ts';
import { NotifySocket } from './health/notify-socket.ts';
import { probeOf } from './health/probe.ts';
import type { Cgroups } from './limits/cgroups.ts';
import { Confinement } from './limits/confinement.ts';
import type { LaunchPrefix } from './limits/launch-prefix.ts';
import { type MemoryUse, memoryOf } from './limits/memory.ts';
import type { SupervisorLog } from './log.ts';
import type { Child } from './process/child.ts';
import { SpawnError } from './process/find-command.ts';
import type { HostedProcess } from './process/hosted-process.ts';

export interface CareParts {
  readonly clock: Clock;
  readonly log: SupervisorLog;
  readonly cgroups: Cgroups;
  readonly serverUrl: string | undefined;
}

/** What a program gets here beyond Supervisor's care: its cgroup and limits, its health, its memory. */
export class ProgramCare {
  readonly confinement: Confinement;
  readonly #config: ProcessConfig;
  readonly #log: SupervisorLog;
  readonly #serverUrl: string | undefined;
  readonly #socket: NotifySocket | undefined;
  readonly #socketProblem: string;
  #hasRun = false;
  #health: HealthWatch | undefined;

  /** `folder` is the program's own, below the state directory; its path names the program for good. */
  constructor(config: ProcessConfig, folder: string, parts: CareParts) {
    this.#config = config;
    this.#log = parts.log;
    this.#serverUrl = parts.serverUrl;
    this.confinement = new Confinement(config, parts);
    const { socket, problem } = openSocket(config, folder);
    this.#socket = socket;
    this.#socketProblem = problem;
  }

  /** What its environment has besides the usual. */
  get environment(): Readonly<Record<string, string>> {
    const seconds = this.#config.extras.watchdogSeconds;
    if (!this.#socket || seconds === undefined) return {};
    return { NOTIFY_SOCKET: this.#socket.path, WATCHDOG_USEC: String(Math.round(seconds * 1e6)) };
  }

  get health(): HealthWatch {
    if (!this.#health) throw new Error(`${this.#config.name} is not followed yet`);
    return this.#health;
  }

  /** Follows its process, which must be new: it sees all of its states. */
  follow(process: HostedProcess, environment: NodeJS.ProcessEnv, clock: Clock): void {
    const { healthCheck } = this.#config.extras;
    this.#health = new HealthWatch(this.#config.name, this.#config.extras, {
      clock,
      log: this.#log,
      process,
      probe: healthCheck ? probeOf(healthCheck, this.#config, environment) : undefined,
      notifications: this.#socket,
    });
    process.onChange(() => {
      if (process.state === 'STOPPED') this.endRemains();
    });
  }

  /** Makes ready for a launch. Throws SpawnError when the configuration asks for what cannot be done here. */
  prepare(): LaunchPrefix | undefined {
    if (this.#socketProblem !== '')
      throw new SpawnError('other', `cannot offer watchdog_secs: ${this.#socketProblem}`);
    return this.confinement.prepare();
  }

  started(child: Child): Child {
    this.#hasRun = true;
    this.confinement.started(child.pid);
    return this.confinement.widen(child);
  }

  /** A supervisor before this one had it: something may be left of it. */
  restored(): void {
    this.#hasRun = true;
  }

  adopted(child: Child): Child {
    try {
      this.confinement.adopt(child.pid);
    } catch (error) {
      // It has ended already, or asks for limits that cannot be enforced any more: it goes on as it was started.
      this.#log.warn(`${this.#config.name}: its limits are not known: ${describeError(error)}`);
    }
    return this.confinement.widen(child);
  }

  ended(beingStopped: boolean): void {
    this.confinement.leaderEnded(beingStopped);
  }

  /** Ends what is left of it once it does not run any more. */
  endRemains(): void {
    if (!this.#hasRun) return;
    this.#hasRun = false;
    this.confinement.stopped(this.#config.serverUrl ?? this.#serverUrl);
  }

  async memory(): Promise<MemoryUse> {
    return await memoryOf(this.confinement.members());
  }

  /** Gives back what it holds; touches no process. */
  close(): void {
    this.#health?.stop();
    this.confinement.release();
    this.#socket?.close();
  }
}

function openSocket(
  config: ProcessConfig,
  folder: string,
): { socket: NotifySocket | undefined; problem: string } {
  if (config.extras.watchdogSeconds === undefined) return { socket: undefined, problem: '' };
  try {
    return { socket: NotifySocket.open(socketPath(folder), config.user), problem: '' };
  } catch (error) {
    return { socket: undefined, problem: describeError(error) };
  }
}

/**
 * The same for each supervisor of this program, so that a program which runs goes on notifying; short, since a socket
 * has room for 107 bytes; and not in the state directory, where the user of the program may not look.
 */
function socketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  return join(process.getuid?.() === 0 ? '/run' : tmpdir(), `gwe-notify-${name}`);
}
