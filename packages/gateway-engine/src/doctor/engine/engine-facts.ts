import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineSlots, type FailedTrial, type Trial } from '../../self-update/engine-slots.ts';
import { enginePrograms } from '../../self-update/start-script.ts';
import type { EngineState } from '../engine-state.ts';
import type { ExaminedGateway } from '../gateway.ts';

export interface EngineFacts {
  readonly state: Pick<EngineState, 'daemon'> | { readonly unknown: string; readonly broken: boolean };
  /** The slot whose programs run; undefined where the engine runs from elsewhere. */
  readonly current: string | undefined;
  /** Programs of the current slot that are missing or cannot be run. */
  readonly missing: readonly string[];
  readonly trial: Trial | undefined;
  readonly failedTrial: FailedTrial | undefined;
}

export async function engineFacts(
  { layout }: ExaminedGateway,
  state: EngineFacts['state'],
): Promise<EngineFacts> {
  const slots = new EngineSlots(layout.engine);
  const current = await slots.current();
  return {
    state,
    current,
    missing: current === undefined ? [] : await missingIn(slots.slot(current)),
    trial: await slots.trial(),
    failedTrial: await slots.failed(),
  };
}

async function missingIn(slot: string): Promise<string[]> {
  const missing: string[] = [];
  for (const name of enginePrograms) {
    await access(join(slot, 'bin', name), constants.X_OK).catch(() => missing.push(name));
  }
  return missing;
}
