import { runWords } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import type { HomeLayout } from '../home/layout.ts';
import type { Console } from './configure.ts';

/** What `gwe WORD` takes and does. Describing it must not depend on the home: documentation is made from it. */
export type GweProgram = (layout: HomeLayout, console: Console) => Command;

/** Carries out `gwe WORD ARGUMENTS`. Throws UsageError. */
export interface GweCommand {
  (args: readonly string[], layout: HomeLayout, console: Console): Promise<void>;
  readonly program: GweProgram;
}

export function gweCommand(program: GweProgram): GweCommand {
  const run = async (args: readonly string[], layout: HomeLayout, console: Console) =>
    await runWords(program(layout, console), args);
  return Object.assign(run, { program });
}
