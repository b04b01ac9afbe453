import type { GweCommand } from './gwe-command.ts';

/** The commands that are words, each loaded by itself: hosted programs call `gwe` often, and it should be quick. */
export const commands: Readonly<Record<string, () => Promise<GweCommand>>> = {
  config: async () => (await import('./config.ts')).configCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
  remove: async () => (await import('./remove.ts')).removeCommand,
  rollback: async () => (await import('./rollback.ts')).rollbackCommand,
};
