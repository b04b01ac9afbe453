import { byPriority } from '../config/groups.ts';
import type { Program } from '../program.ts';
import type { ProcessGroup, Supervisor } from '../supervisor.ts';
import { fault, faults, SupervisorFault } from '../xml-rpc/faults.ts';
import type { XmlRpcValue } from '../xml-rpc/message.ts';
import { splitName } from './split-name.ts';

/** `name`, `group:name`, or `group:*` and `group:` for all of a group. Faults with BAD_NAME. */
export function findPrograms(
  supervisor: Supervisor,
  name: string,
): { group: ProcessGroup; program?: Program } {
  const split = splitName(name);
  const group = supervisor.groups.get(split.group);
  if (!group) throw fault('BAD_NAME', name);
  if (split.name === undefined) return { group };
  const program = group.programs.find((candidate) => candidate.config.name === split.name);
  if (!program) throw fault('BAD_NAME', name);
  return { group, program };
}

/** One program; a whole group is no answer here. */
export function findProgram(supervisor: Supervisor, name: string): Program {
  const { program } = findPrograms(supervisor, name);
  if (!program) throw fault('BAD_NAME', name);
  return program;
}

export function findGroup(supervisor: Supervisor, name: string): ProcessGroup {
  const group = supervisor.groups.get(name);
  if (!group) throw fault('BAD_NAME', name);
  return group;
}

export function allPrograms(supervisor: Supervisor): Program[] {
  const groups = [...supervisor.groups.values()].map((group) => ({ ...group.config, group }));
  return byPriority(groups).flatMap(({ group }) => group.programs);
}

/** `name`, or `group:name` when they differ. */
export function fullName(program: Program): string {
  const { group, name } = program.config;
  return group === name ? name : `${group}:${name}`;
}

/** Does the same to several programs at once and gives one outcome for each, in the order in which they are done. */
export async function forEach(
  programs: readonly Program[],
  action: (program: Program) => unknown,
): Promise<XmlRpcValue[]> {
  const outcomes: XmlRpcValue[] = [];
  await Promise.all(
    programs.map(async (program) => {
      const { name, group } = program.config;
      try {
        await action(program);
        outcomes.push({ name, group, status: faults.SUCCESS, description: 'OK' });
      } catch (error) {
        if (!(error instanceof SupervisorFault)) throw error;
        outcomes.push({ name, group, status: error.faultCode, description: error.faultString });
      }
    }),
  );
  return outcomes;
}
