import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError, runToEnd } from '@gateway-engine/host';

/** The commands of this repository, run from its sources. */
const entries = {
  gwe: '@gateway-engine/gateway-engine',
  gdc: '@gateway-engine/device-client',
  gmq: '@gateway-engine/gmq',
  'gwe-supervisord': '@gateway-engine/supervisor',
  'gwe-supervisorctl': '@gateway-engine/supervisor/control',
  'gwe-platform': '@gateway-engine/platform',
} as const;

export type CommandName = keyof typeof entries;

/**
 * The words that start a command: the Node.js we run on and the command's entry file; or, with GWE_EXECUTABLES in the
 * environment, the executable of that name in that folder.
 */
export function commandLine(name: CommandName): string[] {
  const executables = process.env.GWE_EXECUTABLES;
  if (executables) return [join(executables, name)];
  return [process.execPath, fileURLToPath(new URL('main.ts', import.meta.resolve(entries[name])))];
}

/** Runs a command to its end and gives its standard output and error. Throws with that output when it fails. */
export async function runCommandLine(
  name: CommandName,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<string> {
  const [program = '', ...words] = commandLine(name);
  const shown = [name, ...args].join(' ');
  const result = await runToEnd(program, [...words, ...args], { ...options, timeoutMs: 60_000 }).catch(
    (cause) => {
      throw new Error(`cannot run ${shown}: ${describeError(cause)}`, { cause });
    },
  );
  if (result.exitCode !== 0) {
    const end = result.timedOut ? 'took more than 60 s' : `exit status ${result.exitCode ?? result.signal}`;
    throw new Error(`${shown} failed (${end}): ${result.output.trim()}`);
  }
  return result.output.trim();
}
