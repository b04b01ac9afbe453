import { readFileSync } from 'node:fs';

/** Names this run of the machine: another one after each boot. Together with it a pid and a start time name a process. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
