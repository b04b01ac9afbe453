import type { ProcessConfig } from '../config/program.ts';
import type { RestartPace } from './restart-pace.ts';

/** Whether and when a program starts by itself; by Supervisor's rules, or later by its restart policy. */
export type NextStart =
  | { readonly by: 'rule' | 'policy'; readonly afterMs: number }
  | { readonly by: 'nothing' }
  | { readonly by: 'giving up' };

/** A program without startsecs that ends at once is not started again more often than this. */
const shortestLifeMs = 1000;

/** After a start that failed, the `failedStarts`th in a row. Counts the failure. */
export function afterFailedStart(config: ProcessConfig, failedStarts: number, pace: RestartPace): NextStart {
  const paceMs = pace.failed(0);
  if (paceMs !== undefined) return { by: 'policy', afterMs: paceMs };
  if (failedStarts > config.startRetries && !pace.hasPolicy) return { by: 'giving up' };
  // One second more after each failure, as Supervisor waits.
  return { by: 'rule', afterMs: failedStarts * 1000 };
}

/** After the end of a program that lived for `livedMs`. Counts a failure when that was not expected. */
export function afterExit(
  config: ProcessConfig,
  isExpected: boolean,
  livedMs: number,
  pace: RestartPace,
): NextStart {
  if (config.autorestart === 'never' || (config.autorestart === 'unexpected' && isExpected))
    return { by: 'nothing' };
  const paceMs = isExpected ? undefined : pace.failed(livedMs);
  if (paceMs !== undefined) return { by: 'policy', afterMs: paceMs };
  return { by: 'rule', afterMs: Math.max(0, shortestLifeMs - livedMs) };
}
