export { AdminApi, latestValue } from './admin-api.ts';
export { type CommandName, commandLine, runCommandLine } from './commands.ts';
export { startGateway } from './gateway.ts';
export { KeptProcess } from './kept-process.ts';
export { operatorVariables, type RunningPlatform, startPlatform } from './platform.ts';
