import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dependencies } from './concerned-parts.ts';

const scope = '@gateway-engine/';

/** Reads from the package.json files below `packages/` what depends on what. */
export function readDependencies(root: string): Dependencies {
  const packages = join(root, 'packages');
  return new Map(
    readdirSync(packages).map((name) => {
      const text = readFileSync(join(packages, name, 'package.json'), 'utf8');
      const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
      const own = Object.keys(dependencies).filter((each) => each.startsWith(scope));
      return [name, own.map((each) => each.slice(scope.length))];
    }),
  );
}
