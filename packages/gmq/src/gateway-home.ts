import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder everything a gateway keeps lives under: GWE_HOME, else /opt/gateway-engine as root, else one's own. */
export function gatewayHome(env: NodeJS.ProcessEnv = process.env, userId = process.getuid?.()): string {
  const chosen = env.GWE_HOME;
  if (chosen !== undefined && chosen !== '') return chosen;
  return userId === 0 ? '/opt/gateway-engine' : join(homedir(), '.gateway-engine');
}
