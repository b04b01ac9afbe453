import type { GweCommand } from './gwe-command.ts';

/** The commands that are words, each loaded by itself: hosted programs call `gwe` often, and it should be quick. */
export const commands: Readonly<Record<string, () => Promise<GweCommand>>> = {
  bundle: async () => (await import('./bundle.ts')).bundleCommand,
  config: async () => (await import('./config.ts')).configCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  install: async () => (await import('./install-bundle.ts')).installCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
  remove: async () => (await import('./remove.ts')).removeCommand,
  rollback: async () => (await import('./rollback.ts')).rollbackCommand,
};
