export { type RunningQueue, startQueue } from './run.ts';
export {
  defaultSettingsFile,
  parseSettings,
  readSettings,
  type Settings,
  SettingsError,
} from './settings.ts';
export { type QueueStatus, readStatus } from './status.ts';
