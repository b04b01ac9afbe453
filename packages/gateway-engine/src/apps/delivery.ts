import type { Manifest } from '@gateway-engine/app-package';
import type { Settings } from './settings.ts';

/** What an application is given of its configuration values. */
export interface Delivery {
  readonly variables: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, string>;
  /** Names of values that it cannot do without and that nobody has set. */
  readonly missing: readonly string[];
}

/** Whether any of its values comes as a variable, so that its program is started by the script that sets them. */
export function takesVariables(manifest: Manifest | undefined): boolean {
  return Object.values(manifest?.config ?? {}).some(({ deliver }) => deliver === 'environment');
}

/**
 * What of the operator's settings, and of the defaults, goes where. What `gwe.json` does not name is not delivered: a
 * version that knows nothing of a secret does not get it.
 */
export function deliveryOf(manifest: Manifest | undefined, settings: Settings): Delivery {
  const variables = new Map<string, string>();
  const files = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, entry] of Object.entries(manifest?.config ?? {})) {
    const value = settings.get(name)?.value ?? entry.default;
    if (value !== undefined) (entry.deliver === 'file' ? files : variables).set(name, value);
    else if (entry.required) missing.push(name);
  }
  return { variables, files, missing };
}

/** The script that sets the variables, then becomes the program. */
export function environmentScript(app: string, variables: ReadonlyMap<string, string>): string {
  const lines = Array.from(
    variables,
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  return `# Made by gwe, and made anew with every change: see gwe config ${app} --help
${lines.join('')}exec "$@"
`;
}
