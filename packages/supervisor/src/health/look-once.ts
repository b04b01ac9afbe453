import { type ProgramFilePlace, readProgramFile } from '../config/check-program.ts';
import { processesOf } from '../config/start-order.ts';
import { probeOf } from './probe.ts';

/**
 * Looks once at each program of a file that has a health check, for a supervisor that does not look itself. The names
 * of its processes, each with what is wrong; undefined when it is well. Those without a check are not among them.
 */
export async function lookOnce(
  text: string,
  where: ProgramFilePlace,
  signal: AbortSignal,
): Promise<Map<string, string | undefined>> {
  const looks = processesOf(readProgramFile(text, where)).flatMap((config) => {
    const { healthCheck } = config.extras;
    if (!healthCheck) return [];
    const probe = probeOf(healthCheck, config, { ...where.environment, ...config.environment });
    return [probe(signal).then((problem) => [config.name, problem] as const)];
  });
  return new Map(await Promise.all(looks));
}
