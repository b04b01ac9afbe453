import type { ControlCommand } from '../command.ts';
import { add, remove, reread, update } from './configure.ts';
import { fg } from './foreground.ts';
import { clear, maintail, tail } from './logs.ts';
import { avail, open, pid, status, version } from './look.ts';
import { restart, signal, start, stop } from './run.ts';
import { exit, quit, reload, shutdown } from './supervisor.ts';

/** Every command but `help`, by name. */
export const allCommands: readonly ControlCommand[] = [
  ...[add, avail, clear, exit, fg, maintail, open, pid, quit, reload, remove],
  ...[reread, restart, shutdown, signal, start, status, stop, tail, update, version],
];
