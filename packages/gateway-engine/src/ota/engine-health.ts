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
  place: EntryPlace,
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
  const programs = look.programs.map((program): ProgramLook => {
    if (!isOpen(program) || !found.has(program.name)) return program;
    const problem = found.get(program.name);
    return { ...program, health: problem === undefined ? 'healthy' : 'starting', problem: problem ?? '' };
  });
  return { ...look, programs };
}
