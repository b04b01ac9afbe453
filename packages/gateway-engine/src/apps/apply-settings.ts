import { type SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import type { HomeLayout } from '../home/layout.ts';
import { deliverSettings } from './deliver.ts';
import type { InstalledAppFacts } from './installed-app.ts';
import { programOwner } from './program-user.ts';

/** What a change of the settings has come to. */
export type Applied = 'kept' | 'delivered' | 'restarted' | 'offline';

/**
 * Gives an installed application its changed values, and restarts its program if that runs. `kept`: the application is
 * not installed yet, and gets them then.
 */
export async function applySettings(
  layout: HomeLayout,
  name: string,
  app: InstalledAppFacts | undefined,
  parts: { readonly entry: string | null; readonly supervisor: SupervisorClient; readonly restart: boolean },
): Promise<Applied> {
  if (!app) return 'kept';
  await deliverSettings(layout, name, app.manifest, programOwner(name, parts.entry));
  if (!parts.restart || parts.entry === null) return 'delivered';
  try {
    return (await restart(name, parts.supervisor)) ? 'restarted' : 'delivered';
  } catch (error) {
    if (error instanceof SupervisorUnreachable) return 'offline';
    throw error;
  }
}

/** Whether there was something to restart: what a person has stopped stays so. */
async function restart(name: string, supervisor: SupervisorClient): Promise<boolean> {
  const processes = (await supervisor.getAllProcessInfo()).filter(({ group }) => group === name);
  if (!processes.some(({ statename }) => ['RUNNING', 'STARTING', 'BACKOFF', 'FATAL'].includes(statename)))
    return false;
  await supervisor.stopProcessGroup(name);
  await supervisor.startProcessGroup(name, false);
  return true;
}
