export { reread } from './reread-command.ts';
export { type RunningQueue, startQueue } from './run.ts';
export {
  defaultSettingsFile,
  formatAddress,
  parseSettings,
  readSettings,
  type Settings,
  SettingsError,
} from './settings.ts';
export { type QueueStatus, readStatus } from './status.ts';
export { askStatus } from './status-command.ts';
