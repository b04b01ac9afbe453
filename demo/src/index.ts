export { AdminApi, latestValue } from './admin-api.ts';
export { type CommandName, commandLine, runCommandLine } from './commands.ts';
export { startGateway } from './gateway.ts';
export { KeptProcess } from './kept-process.ts';
export { operatorVariables, type RunningPlatform, startPlatform } from './platform.ts';
export { choosePorts, freeInsteadOf } from './ports.ts';
export { RunRecord } from './run-record.ts';
export { waitFor } from './wait-for.ts';
