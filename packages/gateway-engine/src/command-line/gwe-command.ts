import type { HomeLayout } from '../home/layout.ts';
import type { Console } from './configure.ts';

/** Carries out `gwe WORD ARGUMENTS`. Throws UsageError. */
export type GweCommand = (args: readonly string[], layout: HomeLayout, console: Console) => Promise<void>;
