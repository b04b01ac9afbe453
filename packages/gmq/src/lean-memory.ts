import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 keep its heap small: a gateway has little memory, and a drain makes much that is short-lived. The young
 * generation stays as it starts, and the old one grows by a quarter in place of up to four times before it is collected.
 * Measured, it costs no time. Other runtimes have no such flags.
 */
export function leanMemory(): void {
  if (process.versions.bun !== undefined) return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=25');
}
