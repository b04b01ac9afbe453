import { type ProgramFilePlace, readProgramFile } from '../config/check-program.ts';
import { processesOf } from '../config/start-order.ts';
import { probeOf } from './probe.ts';

/** What one look at a program has found. */
export interface HealthLook {
  /** What is wrong; undefined when it is well. */
  readonly problem: string | undefined;
  /** Seconds from its start on in which it may still be unwell. */
  readonly patienceSeconds: number;
}

/**
 * Looks once at each program of a file that has a health check, for a supervisor that does not look itself. By the
 * names of its processes; those without a check are not among them.
 */
export async function lookOnce(
  text: string,
  where: ProgramFilePlace,
  signal: AbortSignal,
): Promise<Map<string, HealthLook>> {
  const looks = processesOf(readProgramFile(text, where)).map(async (config) => {
    const { healthCheck } = config.extras;
    if (!healthCheck) return [];
    const probe = probeOf(healthCheck, config, { ...where.environment, ...config.environment });
    const patienceSeconds = healthCheck.intervalSeconds * healthCheck.retries;
    return [[config.name, { problem: await probe(signal), patienceSeconds }] as const];
  });
  return new Map((await Promise.all(looks)).flat());
}
