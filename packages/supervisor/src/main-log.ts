import { type Clock, createLogger, type Logger, type LogLevel } from '@gateway-engine/host';
import { RotatedLog } from './capture/rotated-log.ts';
import { Syslog } from './capture/syslog.ts';
import type { SupervisorConfig, SupervisorLogLevel } from './config/supervisord.ts';
import type { SupervisorLog } from './log.ts';
import type { MainLog } from './rpc/log-methods.ts';

const levels = {
  critical: { rank: 50, word: 'CRIT', host: 'CRITICAL', pino: 'fatal' },
  error: { rank: 40, word: 'ERRO', host: 'ERROR', pino: 'error' },
  warn: { rank: 30, word: 'WARN', host: 'WARNING', pino: 'warn' },
  info: { rank: 20, word: 'INFO', host: 'INFO', pino: 'info' },
  debug: { rank: 10, word: 'DEBG', host: 'DEBUG', pino: 'debug' },
} as const;

type Level = keyof typeof levels;

/** The supervisor's own log: the configured file or syslog, in Supervisor's format, and standard error unless silent. */
export class SupervisorMainLog implements SupervisorLog, MainLog {
  readonly #clock: Clock;
  readonly #least: number;
  readonly #terminal: Logger | undefined;
  readonly #file: RotatedLog | undefined;
  readonly #syslog: Syslog | undefined;

  constructor(config: SupervisorConfig, clock: Clock, environment: NodeJS.ProcessEnv) {
    this.#clock = clock;
    const level = ownLevel(config.logLevel);
    this.#least = levels[level].rank;
    this.#terminal = config.silent
      ? undefined
      : createLogger({ name: 'gwe-supervisord', level: levels[level].host satisfies LogLevel });
    const onTrouble = (message: string) => this.#terminal?.warn(message);
    if (config.logfile?.kind === 'syslog') this.#syslog = new Syslog({ clock, environment, onTrouble });
    if (config.logfile?.kind !== 'file') return;
    this.#file = new RotatedLog({
      path: config.logfile.path,
      maxBytes: config.logfileMaxBytes,
      backups: config.logfileBackups,
      onTrouble,
    });
    this.#file.open();
  }

  get path(): string | undefined {
    return this.#file?.path;
  }

  debug(message: string): void {
    this.#tell('debug', message);
  }

  info(message: string): void {
    this.#tell('info', message);
  }

  warn(message: string): void {
    this.#tell('warn', message);
  }

  error(message: string): void {
    this.#tell('error', message);
  }

  critical(message: string): void {
    this.#tell('critical', message);
  }

  clear(): void {
    this.#file?.clear();
  }

  reopen(): void {
    this.#file?.open();
  }

  close(): void {
    this.#file?.close();
    this.#syslog?.close();
  }

  #tell(level: Level, message: string): void {
    if (levels[level].rank < this.#least) return;
    this.#terminal?.[levels[level].pino](message);
    if (!this.#file && !this.#syslog) return;
    const line = `${formatTime(this.#clock.now())} ${levels[level].word} ${message}`;
    this.#file?.write(new TextEncoder().encode(`${line}\n`));
    for (const part of this.#syslog ? line.split('\n') : []) this.#syslog?.write(part);
  }
}

function ownLevel(level: SupervisorLogLevel): Level {
  return level === 'trace' || level === 'blather' ? 'debug' : level;
}

/** `2026-01-31 23:59:59,123`, local time. */
function formatTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day} ${clock},${String(time.getMilliseconds()).padStart(3, '0')}`;
}
