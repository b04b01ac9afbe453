import type { GweCommand } from './gwe-command.ts';

/** The commands that are words, each loaded by itself: hosted programs call `gwe` often, and it should be quick. */
export const commands: Readonly<Record<string, () => Promise<GweCommand>>> = {
  keys: async () => (await import('./keys.ts')).keysCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
};
