import { SupervisorClient } from '@gateway-engine/supervisor';
import { z } from 'zod';
import { ProcessorUse } from '../../reports/programs/processor-use.ts';
import { type ProgramFacts, programFacts } from '../../reports/programs/program-facts.ts';
import type { ExaminedGateway } from '../gateway.ts';
import { type Attempt, attempt } from '../reading.ts';

const answerMs = 5_000;

export interface SupervisorState {
  readonly url: string;
  readonly answer: Attempt<{
    /** What it says of itself: `4.2.5`, ours with `+gwe` and its own version. */
    readonly version: string;
    readonly pid: number;
    /** RUNNING, RESTARTING, SHUTDOWN, FATAL. */
    readonly state: string;
    readonly programs: readonly Pick<ProgramFacts, 'process' | 'lastError' | 'restarts'>[];
  }>;
}

export async function supervisorState({ supervisorUrl, clock }: ExaminedGateway): Promise<SupervisorState> {
  return {
    url: supervisorUrl,
    answer: await attempt(async () => {
      const supervisor = new SupervisorClient(supervisorUrl, { timeoutMs: answerMs });
      const version = await supervisor.getSupervisorVersion();
      const pid = z.number().parse(await supervisor.call('supervisor.getPID'));
      const { statename: state } = await supervisor.getState();
      const programs = await programFacts(supervisor, new ProcessorUse(), clock.monotonic());
      return { version, pid, state, programs };
    }),
  };
}
