import type { HomeLayout } from '../home/layout.ts';
import type { Console } from './configure.ts';

/** Carries out `gwe WORD ARGUMENTS`. Throws UsageError. */
export type GweCommand = (args: readonly string[], layout: HomeLayout, console: Console) => Promise<void>;

/** The commands that are words, each loaded by itself: hosted programs call `gwe` often, and it should be quick. */
export const commands: Readonly<Record<string, () => Promise<GweCommand>>> = {};
