export { readSettings, SettingsError } from '../settings.ts';
export { askMetrics } from './ask-metrics.ts';
