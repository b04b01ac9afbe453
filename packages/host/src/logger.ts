import { type Logger, pino } from 'pino';

export type { Logger };

/** The documented names of `--set-debug-level`. */
export const logLevels = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const;
export type LogLevel = keyof typeof logLevels;

/**
 * A logger to standard error: JSON lines, or coloured lines on a terminal.
 *
 * Levels: error, the program cannot do what it was asked and somebody must look; warn, it goes on but lost
 * comfort (a retry, a refused request); info, a change of state an operator wants to see; debug, the rest.
 */
export function createLogger(options: { name: string; level?: LogLevel; terminal?: boolean }): Logger {
  const settings = { name: options.name, level: logLevels[options.level ?? 'INFO'] };
  const onTerminal = options.terminal ?? process.stderr.isTTY;
  if (!onTerminal)
    return pino({ ...settings, base: { name: options.name } }, pino.destination({ fd: 2, sync: true }));
  return pino({
    ...settings,
    transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } },
  });
}

export const silentLogger: Logger = pino({ level: 'silent' });
