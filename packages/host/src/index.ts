// What needs no logger, and therefore no other package, is listed in basics.ts: device-client uses that alone.
export * from './basics.ts';
export { createLogger, type Logger, type LogLevel, logLevels, silentLogger } from './logger.ts';
