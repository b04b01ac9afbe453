/**
 * All of this package that needs no other package: what a small library may use without bringing the logger along.
 */
export { bootId } from './boot-id.ts';
export { type FinishedProcess, processStartTime, runToEnd, signalGroup } from './child-process.ts';
export { type Clock, systemClock, wholeSeconds } from './clock.ts';
export { describeError, runCommand, UsageError } from './command-line.ts';
export { isCompiled } from './compiled.ts';
export { makeDirectory, readTextIfPresent, syncDirectory, writeDurably } from './durable-file.ts';
export { loadForeignCalls } from './foreign-calls.ts';
export { gatewayHome } from './gateway-home.ts';
export {
  formatIni,
  IniError,
  type IniOption,
  type IniSections,
  iniObject,
  parseIni,
  setIniOption,
} from './ini-file.ts';
export { type RetrySchedule, retryDelays } from './retry-schedule.ts';
export { DatabaseError, inTransaction, openDatabase } from './sqlite.ts';
export { letGoOfUnusedPages } from './unused-pages.ts';
