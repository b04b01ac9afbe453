import { type Logger, pino } from 'pino';
import { isCompiled } from './compiled.ts';

export type { Logger };

/** Bun's, which its bundler understands in a module as well. */
declare const require: (name: 'pino-pretty') => typeof import('pino-pretty');

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
export function createLogger(given: { name: string; level?: LogLevel; terminal?: boolean }): Logger {
  const settings = { name: given.name, level: logLevels[given.level ?? 'INFO'] };
  const onTerminal = given.terminal ?? process.stderr.isTTY;
  if (!onTerminal)
    return pino({ ...settings, base: { name: given.name } }, pino.destination({ fd: 2, sync: true }));
  const options = { destination: 2, ignore: 'pid,hostname' };
  // An executable has no file that pino could load in a thread; its bundler finds what is named in a `require`.
  if (isCompiled()) return pino(settings, require('pino-pretty')({ ...options, sync: true }));
  return pino({ ...settings, transport: { target: 'pino-pretty', options } });
}

export const silentLogger: Logger = pino({ level: 'silent' });
