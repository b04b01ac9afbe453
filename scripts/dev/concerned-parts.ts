/** What `npm run dev` can start again alone. The supervisor takes the queue and the engine with it. */
export type Part = 'platform' | 'supervisor' | 'gmq' | 'gwe';

const workspaceOf: Readonly<Record<Part, string>> = {
  platform: 'platform',
  supervisor: 'supervisor',
  gmq: 'gmq',
  gwe: 'gateway-engine',
};

/** The workspaces that each workspace depends on, as their package.json files say. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** What a change of these files concerns, in the order in which it is to be started again. */
export function concernedParts(paths: readonly string[], dependencies: Dependencies): Part[] {
  const changed = new Set(paths.flatMap((path) => /^packages\/([^/]+)\//.exec(path)?.[1] ?? []));
  const parts = (Object.keys(workspaceOf) as Part[]).filter((part) =>
    [...withDependencies(workspaceOf[part], dependencies)].some((workspace) => changed.has(workspace)),
  );
  return parts.includes('supervisor') ? parts.filter((part) => part !== 'gmq' && part !== 'gwe') : parts;
}

function withDependencies(
  workspace: string,
  dependencies: Dependencies,
  found = new Set<string>(),
): Set<string> {
  if (found.has(workspace)) return found;
  found.add(workspace);
  for (const each of dependencies.get(workspace) ?? []) withDependencies(each, dependencies, found);
  return found;
}
