/** A package's place in the house. A floor uses only the floors below it. */
export const floors: readonly (readonly string[])[] = [
  ['host', 'device-api'],
  ['app-package', 'device-client', 'supervisor'],
  ['gmq', 'platform'],
  ['gateway-engine', 'solution-app'],
  ['demo', 'release'],
  ['e2e'],
];

/** For tests and the making of releases: stands beside the floors. It uses the foundations only. */
const testkit = 'testkit';

export interface SourceFile {
  /** Path from the root of the repository, with slashes. */
  readonly path: string;
  /** Name of the workspace it belongs to, without the scope. */
  readonly workspace: string;
  readonly imports: readonly ImportedFile[];
}

export interface ImportedFile {
  readonly specifier: string;
  readonly line: number;
  /** File of this repository that is meant; undefined for a package from elsewhere. */
  readonly path: string | undefined;
  readonly workspace: string | undefined;
}

/** What is wrong with the imports, a sentence each: upward ones, foreign folders, and cycles. */
export function checkImports(files: readonly SourceFile[]): string[] {
  return [
    ...files.flatMap(checkDirections),
    ...findCycles(files).map((cycle) => `cycle: ${cycle.join(' -> ')}`),
  ];
}

function checkDirections(file: SourceFile): string[] {
  const problems: string[] = [];
  for (const imported of file.imports) {
    if (imported.workspace === undefined || imported.workspace === file.workspace) continue;
    const at = `${file.path}:${imported.line}: "${imported.specifier}"`;
    if (imported.specifier.startsWith('.')) {
      problems.push(`${at} reaches into another package; import it by its package name`);
    } else if (!mayImport(file, imported.workspace)) {
      problems.push(`${at} is not below ${file.workspace}; a package imports only from lower floors`);
    }
  }
  return problems;
}

function mayImport(file: SourceFile, target: string): boolean {
  if (target === testkit) return ['e2e', 'release'].includes(file.workspace) || file.path.includes('/test/');
  const own = file.workspace === testkit ? 1 : floorOf(file.workspace);
  return floorOf(target) < own;
}

function floorOf(workspace: string): number {
  const floor = floors.findIndex((names) => names.includes(workspace));
  if (floor === -1)
    throw new Error(`the package ${workspace} has no floor; give it one in scripts/import-rules.ts`);
  return floor;
}

/** Each cycle once, as the paths on it, the first repeated at the end. */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(
    files.map((file) => [file.path, file.imports.flatMap((imported) => imported.path ?? [])] as const),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}
