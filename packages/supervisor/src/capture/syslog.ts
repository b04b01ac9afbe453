import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@gateway-engine/host';

/** More than this does not wait for logger. */
const mostWaiting = 1024 * 1024;
const restartMs = 5000;

/**
 * The log of the system, written through the command logger, since Node.js has no datagram sockets of the unix kind.
 * One logger serves all lines; it ends with us, whatever way we end, when its standard input does.
 *
 * Writing never throws: what cannot be written is dropped and counted, and told when that begins and when it is over.
 */
export class Syslog {
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #onTrouble: (message: string) => void;
  #logger: ChildProcess | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #droppedLines = 0;

  constructor(parts: {
    clock: Clock;
    environment: NodeJS.ProcessEnv;
    onTrouble: (message: string) => void;
  }) {
    this.#clock = parts.clock;
    this.#environment = parts.environment;
    this.#onTrouble = parts.onTrouble;
  }

  /** Lines dropped since a line could last be written. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** `line` without a line break. */
  write(line: string): void {
    const input = this.#open();
    if (!input?.writable || input.writableLength > mostWaiting) {
      this.#drop('it does not take what is written to it');
      return;
    }
    if (this.#droppedLines > 0) {
      this.#onTrouble(`syslog is written again, ${this.#droppedLines} lines were dropped`);
      this.#droppedLines = 0;
    }
    // A carriage return or NUL would end the message for logger or for its readers.
    input.write(`${line.replace(/[\0\r\n]/g, ' ')}\n`);
  }

  close(): void {
    this.#logger?.stdin?.end();
    this.#logger = undefined;
  }

  #open() {
    if (this.#logger) return this.#logger.stdin;
    // One that ends at once would be started with every line.
    if (this.#clock.monotonic() - this.#endedAt < restartMs) return undefined;
    const logger = spawn('logger', ['-t', 'gwe-supervisord', '-p', 'user.info', '--size', '8192'], {
      env: this.#environment,
      // A session of its own: signals to the supervisor from a terminal are not for it.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    logger.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(0, 500);
    });
    logger.stdin?.on('error', () => logger.stdin?.destroy());
    const ended = (why: string) => {
      if (this.#logger !== logger) return;
      this.#logger = undefined;
      this.#endedAt = this.#clock.monotonic();
      this.#drop(why);
    };
    logger.on('error', (error: NodeJS.ErrnoException) =>
      ended(
        error.code === 'ENOENT'
          ? 'there is no command logger; install bsdutils or util-linux'
          : `logger: ${error.message}`,
      ),
    );
    logger.on('close', () => ended(said.trim().split('\n')[0] || 'logger has ended'));
    this.#logger = logger;
    return logger.stdin;
  }

  #drop(why: string): void {
    if (this.#droppedLines === 0) this.#onTrouble(`cannot write to syslog, lines are dropped: ${why}`);
    this.#droppedLines += 1;
  }
}
