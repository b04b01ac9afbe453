import type { Clock } from '@gateway-engine/host';
import { lookOnce } from '@gateway-engine/supervisor';
import type { ProgramLook, SupervisorLook } from './probation.ts';
import { type EntryPlace, supervisorEnvironment } from './program-entry.ts';

/**
 * What a look has found, with the health of programs that have a health check and a supervisor that knows nothing of
 * such (a real supervisord): then the engine looks itself. Only while a new version is on probation.
 */
export async function withHealth(
  look: SupervisorLook,
  app: { readonly name: string; readonly entry: string },
  place: EntryPlace & { readonly clock: Pick<Clock, 'now'> },
  signal: AbortSignal,
): Promise<SupervisorLook> {
  const isOpen = ({ health, state }: ProgramLook) => health === undefined && state === 'RUNNING';
  if (!look.programs.some(isOpen) || !/^healthcheck_(?:command|url) = /m.test(app.entry)) return look;
  const where = {
    file: `${app.name}.conf`,
    directory: place.programDirectory,
    environment: supervisorEnvironment(place.layout),
  };
  const found = await lookOnce(app.entry, where, signal);
  const now = place.clock.now() / 1000;
  const programs = look.programs.map((program): ProgramLook => {
    const seen = found.get(program.name);
    if (!isOpen(program) || !seen) return program;
    const { problem, patienceSeconds } = seen;
    if (problem === undefined) return { ...program, health: 'healthy' };
    const isLate = now - program.start > patienceSeconds;
    return {
      ...program,
      health: isLate ? 'unhealthy' : 'starting',
      problem: `its health check says: ${problem}`,
    };
  });
  return { ...look, programs };
}
