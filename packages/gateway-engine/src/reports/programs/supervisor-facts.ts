import { isFault, type SupervisorClient } from '@gateway-engine/supervisor';
import { z } from 'zod';

/** What the embedded supervisor tells beyond Supervisor's own interface, by `group:name`. */
export interface SupervisorFacts {
  readonly memory: ReadonlyMap<string, { readonly bytes: number; readonly processes: number }>;
  readonly health: ReadonlyMap<string, ProgramHealth>;
}

export interface ProgramHealth {
  readonly problem: string;
  readonly restarts: number;
  /** Undefined when no run has ended since somebody started it. */
  readonly lastExitStatus: number | undefined;
  readonly lastFailure: string;
}

const named = { name: z.string(), group: z.string() };
const memoryList = z.array(z.object({ ...named, kilobytes: z.number(), processes: z.number() }));
const healthList = z.array(
  z.object({
    ...named,
    problem: z.string(),
    automatic_restarts: z.number(),
    last_exit_status: z.string(),
    last_failure: z.string(),
  }),
);

/** Empty with a supervisor that does not have these methods. Rejects like SupervisorClient. */
export async function supervisorFacts(supervisor: Pick<SupervisorClient, 'call'>): Promise<SupervisorFacts> {
  const memory = await list(supervisor, 'gwe.getAllMemory', memoryList);
  const health = await list(supervisor, 'gwe.getAllHealth', healthList);
  return {
    memory: new Map(
      memory.map((each) => [keyOf(each), { bytes: each.kilobytes * 1024, processes: each.processes }]),
    ),
    health: new Map(
      health.map((each) => [
        keyOf(each),
        {
          problem: each.problem,
          restarts: each.automatic_restarts,
          lastExitStatus: each.last_exit_status === '' ? undefined : Number(each.last_exit_status),
          lastFailure: each.last_failure,
        },
      ]),
    ),
  };
}

export function keyOf({ group, name }: { readonly group: string; readonly name: string }): string {
  return `${group}:${name}`;
}

async function list<T>(
  supervisor: Pick<SupervisorClient, 'call'>,
  method: string,
  schema: z.ZodType<T[]>,
): Promise<T[]> {
  try {
    // One of another version may answer otherwise: then it tells nothing.
    return schema.safeParse(await supervisor.call(method)).data ?? [];
  } catch (error) {
    if (isFault(error, 'UNKNOWN_METHOD')) return [];
    throw error;
  }
}
