import { homeLayout } from '../home/layout.ts';
import { EngineSlots } from './engine-slots.ts';

/** Puts a version of the engine (a folder with `bin/`) into a home, as the one that runs from then on. */
export async function installEngine(home: string, folder: string, version: string): Promise<void> {
  await new EngineSlots(homeLayout(home).engine).install(folder, version);
}
