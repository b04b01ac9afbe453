import type { ProcessInfo, SupervisorClient } from '@gateway-engine/supervisor';
import { lastWords } from './last-words.ts';
import { memoryOf } from './memory-of.ts';
import { familyOf, processTable } from './process-table.ts';
import type { ProcessorUse } from './processor-use.ts';
import { keyOf, type SupervisorFacts, supervisorFacts } from './supervisor-facts.ts';

/** A program of the supervisor, and what it costs and says. */
export interface ProgramFacts {
  readonly process: ProcessInfo;
  /** Bytes, descendants included. */
  readonly memory: number;
  readonly processes: number;
  /** Percent of one processor; undefined at the first look. */
  readonly cpu: number | undefined;
  readonly restarts: number | undefined;
  readonly lastExitStatus: number | undefined;
  /** Why it last failed; empty when it has not. */
  readonly lastError: string;
}

const unwell: ReadonlySet<string> = new Set(['BACKOFF', 'FATAL', 'EXITED', 'UNKNOWN']);

/** Looks at all programs. Rejects with SupervisorUnreachable. `at`: monotonic milliseconds. */
export async function programFacts(
  supervisor: Pick<SupervisorClient, 'call' | 'getAllProcessInfo'>,
  processors: ProcessorUse,
  at: number,
): Promise<ProgramFacts[]> {
  const programs = await supervisor.getAllProcessInfo();
  const known = await supervisorFacts(supervisor);
  const table = processTable();
  const families = new Map(
    programs.filter(({ pid }) => pid > 0).map(({ pid }) => [pid, familyOf(pid, table)]),
  );
  const shares = processors.measure(families, at);
  return programs.map((process) => {
    const family = families.get(process.pid)?.map(({ pid }) => pid) ?? [];
    // The supervisor counts those too that have left the family.
    const memory = known.memory.get(keyOf(process)) ?? {
      bytes: memoryOf(family),
      processes: family.length,
    };
    const health = known.health.get(keyOf(process));
    return {
      process,
      memory: memory.bytes,
      processes: memory.processes,
      cpu: shares.get(process.pid),
      restarts: health?.restarts,
      lastExitStatus: health?.lastExitStatus,
      lastError: lastError(process, known),
    };
  });
}

function lastError(process: ProcessInfo, known: SupervisorFacts): string {
  const health = known.health.get(keyOf(process));
  const reason = health?.lastFailure || process.spawnerr || health?.problem || '';
  if (reason === '' || !unwell.has(process.statename)) return reason;
  const words = lastWords(process.stderr_logfile) || lastWords(process.stdout_logfile);
  return words === '' ? reason : `${reason}: ${words}`;
}
