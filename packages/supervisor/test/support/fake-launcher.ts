import { noExtras } from '../../src/config/extras.ts';
import type { ProcessConfig } from '../../src/config/program.ts';
import type { SupervisorLog } from '../../src/log.ts';
import type { Child, Launcher } from '../../src/process/child.ts';
import { SpawnError } from '../../src/process/find-command.ts';
import type { WaitStatus } from '../../src/process/wait-status.ts';

export function programConfig(over: Partial<ProcessConfig> = {}): ProcessConfig {
  const log = {
    target: { kind: 'none' },
    maxBytes: 0,
    backups: 0,
    syslog: false,
    captureMaxBytes: 0,
    eventsEnabled: false,
  } as const;
  return {
    name: 'app',
    group: 'app',
    command: 'app',
    directory: undefined,
    umask: undefined,
    priority: 999,
    autostart: true,
    autorestart: 'unexpected',
    startSeconds: 1,
    startRetries: 3,
    stopSignal: 'SIGTERM',
    stopWaitSeconds: 10,
    stopAsGroup: false,
    killAsGroup: false,
    exitCodes: [0],
    user: undefined,
    redirectStderr: false,
    stdout: log,
    stderr: log,
    environment: {},
    serverUrl: undefined,
    extras: noExtras,
    ...over,
  };
}

export const silentLog: SupervisorLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  critical: () => undefined,
};

/** Makes processes of thought: they end when the test says so. */
export class FakeLauncher implements Launcher {
  launches = 0;
  failNext = false;
  /** Signals to the child of now, as `TERM` or `TERM group`. */
  signals: string[] = [];
  /** Processes that stay in the group when its leader has ended. */
  descendants = false;
  #ended: ((outcome: WaitStatus) => void) | undefined;

  get running(): boolean {
    return this.#ended !== undefined;
  }

  launch(_: ProcessConfig, ended: (outcome: WaitStatus | SpawnError) => void): Child {
    if (this.#ended) throw new Error('a second copy was started');
    this.launches += 1;
    if (this.failNext) {
      this.failNext = false;
      throw new SpawnError('not found', "can't find command 'app'");
    }
    this.signals = [];
    return this.adopt(ended);
  }

  /** The process of now for another supervisor. */
  adopt(ended: (outcome: WaitStatus) => void): Child {
    this.#ended = ended;
    return {
      pid: 1000 + this.launches,
      signal: (signal, target) => {
        this.signals.push(`${signal.slice(3)}${target === 'group' ? ' group' : ''}`);
        return this.running || this.descendants;
      },
      groupIsAlive: () => this.running || this.descendants,
    };
  }

  end(code: number | null, signal: NodeJS.Signals | null = null): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.({ code, signal });
  }
}
