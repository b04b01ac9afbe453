import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder that everything a gateway keeps lives under: GWE_HOME, else by who runs it. */
export function gatewayHome(env: NodeJS.ProcessEnv = process.env, userId = process.getuid?.()): string {
  if (env.GWE_HOME) return resolve(env.GWE_HOME);
  return userId === 0 ? '/opt/gateway-engine' : join(homedir(), '.gateway-engine');
}
