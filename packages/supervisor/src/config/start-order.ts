import type { GroupConfig } from './groups.ts';
import type { ProcessConfig } from './program.ts';

type Named = Pick<ProcessConfig, 'group' | 'name'>;

/** Whether `reference` of a depends_on option means this process: GROUP:NAME, a group, or a process by its own name. */
export function isMeant(reference: string, { group, name }: Named): boolean {
  const [first = '', second] = reference.split(':', 2);
  if (second === undefined) return first === group || first === name;
  return first === group && (second === name || second === '*' || second === '');
}

/** The names along a cycle of depends_on, the first also at the end; undefined when there is none. */
export function findCycle(processes: readonly ProcessConfig[]): string[] | undefined {
  const done = new Set<ProcessConfig>();
  const visit = (process: ProcessConfig, path: readonly ProcessConfig[]): string[] | undefined => {
    const start = path.indexOf(process);
    if (start !== -1) return [...path.slice(start), process].map(nameOf);
    if (done.has(process)) return undefined;
    for (const next of dependenciesOf(process, processes)) {
      const cycle = visit(next, [...path, process]);
      if (cycle) return cycle;
    }
    done.add(process);
    return undefined;
  };
  for (const process of processes) {
    const cycle = visit(process, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** References that mean no process, with the process that has them. */
export function unknownDependencies(
  processes: readonly ProcessConfig[],
): { readonly name: string; readonly reference: string }[] {
  return processes.flatMap((process) =>
    process.extras.dependsOn
      .filter((reference) => !processes.some((other) => isMeant(reference, other)))
      .map((reference) => ({ name: nameOf(process), reference })),
  );
}

export function dependenciesOf<T extends Named>(process: ProcessConfig, among: readonly T[]): T[] {
  return among.filter((other) => process.extras.dependsOn.some((reference) => isMeant(reference, other)));
}

export function nameOf({ group, name }: Named): string {
  return group === name ? name : `${group}:${name}`;
}

export function processesOf(groups: readonly GroupConfig[]): ProcessConfig[] {
  return groups.flatMap((group) => group.processes);
}

/** The same items, each after those it depends on. Otherwise their order stays. */
export function dependenciesFirst<T extends { readonly config: ProcessConfig }>(items: readonly T[]): T[] {
  const sorted = new Set<T>();
  const visit = (item: T, path: readonly T[]): void => {
    if (sorted.has(item) || path.includes(item)) return;
    for (const other of items)
      if (item.config.extras.dependsOn.some((reference) => isMeant(reference, other.config)))
        visit(other, [...path, item]);
    sorted.add(item);
  };
  for (const item of items) visit(item, []);
  return [...sorted];
}
