/** One process of an application as the supervisor shows it. */
export interface ProgramLook {
  readonly name: string;
  /** The supervisor's word for its state. */
  readonly state: string;
  /** When this run of it began, seconds since 1970: two runs may begin in the same one. */
  readonly start: number;
  /** 0 when it does not run. */
  readonly pid: number;
  readonly exitStatus: number;
  /** Whether it may end with that status. */
  readonly mayEnd: boolean;
  /** How often it was started by itself; undefined with a supervisor that does not count. */
  readonly restarts: number | undefined;
  /** Undefined when nothing watches it. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined;
  /** Why it is not well, as far as the supervisor knows; empty otherwise. */
  readonly problem: string;
}

export interface SupervisorLook {
  /** Names this run of the supervisor: programs that another one has started have not crashed. */
  readonly supervisor: string;
  readonly programs: readonly ProgramLook[];
}

/** How the processes of a new version were when its probation began, to be compared with. */
export interface ProbationStart {
  readonly supervisor: string;
  readonly programs: Readonly<Record<string, RunFacts>>;
}

interface RunFacts {
  readonly start: number;
  readonly pid: number;
  readonly restarts: number | null;
}

export type ProbationFinding =
  /** All of it runs and is healthy. */
  | { readonly kind: 'well' }
  /** All of it has ended as it should: there is nothing more to see. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'not-yet'; readonly text: string }
  /** Somebody has started it anew: what was seen so far counts no more. */
  | { readonly kind: 'anew' }
  | { readonly kind: 'failed'; readonly reason: string };

export function probationStart({ supervisor, programs }: SupervisorLook): ProbationStart {
  const facts = programs.map(({ name, start, pid, restarts }): [string, RunFacts] => [
    name,
    { start, pid, restarts: restarts ?? null },
  ]);
  return { supervisor, programs: Object.fromEntries(facts) };
}

/** What one look at the processes says of a new version. */
export function judgeLook(since: ProbationStart, look: SupervisorLook): ProbationFinding {
  if (look.programs.length === 0) return failed('the supervisor has no program of it any more');
  if (look.supervisor !== since.supervisor) return { kind: 'anew' };
  const findings = look.programs.map((program) => judgeProgram(since.programs[program.name], program));
  const of = (kind: ProbationFinding['kind']) => findings.find((finding) => finding.kind === kind);
  const ended: ProbationFinding = { kind: findings.every(({ kind }) => kind === 'ended') ? 'ended' : 'well' };
  return of('failed') ?? of('anew') ?? of('not-yet') ?? ended;
}

function judgeProgram(
  since: ProbationStart['programs'][string] | undefined,
  program: ProgramLook,
): ProbationFinding {
  const { name, state, problem } = program;
  const why = problem === '' ? '' : `: ${problem}`;
  if (state === 'FATAL') return failed(`${name} does not start (FATAL)${why}`);
  if (state === 'BACKOFF') return failed(`${name} ended soon after its start (BACKOFF)${why}`);
  if (state === 'UNKNOWN') return failed(`the supervisor has lost ${name}`);
  if (program.health === 'unhealthy') return failed(`${name} is not healthy${why}`);
  if (!since) return { kind: 'anew' };
  const restarted = (program.restarts ?? 0) - (since.restarts ?? 0);
  if (restarted > 0 && problem !== '') return failed(`${name} ended and was started again${why}`);
  const isAnother = program.start !== since.start || (program.pid > 0 && program.pid !== since.pid);
  // Started again by itself without a failure: it is a program that ends and begins anew as it should.
  if (isAnother && restarted <= 0 && state !== 'STOPPED') {
    // One that counts has not started it by itself, or it would have counted; of another nobody can tell.
    if (program.restarts !== undefined) return { kind: 'anew' };
    if (since.start !== 0) return failed(`${name} ended and was started again`);
    return { kind: 'anew' };
  }
  if (state === 'EXITED') {
    if (program.mayEnd) return { kind: 'ended' };
    return failed(`${name} has ended (exit status ${program.exitStatus})${why}`);
  }
  // Stopped by hand: whoever did that has not asked for the version before.
  if (state === 'STOPPED') return { kind: 'ended' };
  if (state !== 'RUNNING') return { kind: 'not-yet', text: `${name} is ${state}` };
  if (program.health === 'starting') return { kind: 'not-yet', text: `${name} is not healthy yet` };
  return { kind: 'well' };
}

function failed(reason: string): ProbationFinding {
  return { kind: 'failed', reason };
}

/** Times of a probation, milliseconds. */
export interface ProbationTimes {
  /** How long it has been well without a break; undefined when it is not well now. */
  readonly wellMs: number | undefined;
  /** Since its first look, or since it was started anew. */
  readonly wholeMs: number;
  /** How long it has to be well. */
  readonly wantedMs: number;
}

/** Beyond the time of the probation a program has this long to get well at all. */
export const settleMs = 60_000;

/** Whether a probation is over, by what the last look has found. */
export function judgeTimes(
  finding: ProbationFinding,
  { wellMs, wholeMs, wantedMs }: ProbationTimes,
): 'passed' | 'goes-on' | { readonly failed: string } {
  if (finding.kind === 'failed') return { failed: finding.reason };
  if (finding.kind === 'ended') return 'passed';
  if (finding.kind === 'well' && wellMs !== undefined && wellMs >= wantedMs) return 'passed';
  if (finding.kind === 'not-yet' && wholeMs > wantedMs + settleMs) {
    return { failed: `${finding.text} ${Math.round(wholeMs / 1000)} s after its start` };
  }
  return 'goes-on';
}
