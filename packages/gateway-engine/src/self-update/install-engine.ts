import { homeLayout } from '../home/layout.ts';
import { prepareHome } from '../home/prepare.ts';
import { EngineSlots } from './engine-slots.ts';

/** Puts a version of the engine (a folder with `bin/`) into a home, as the one that runs from then on. */
export async function installEngine(home: string, folder: string, version: string): Promise<void> {
  await new EngineSlots(homeLayout(home).engine).install(folder, version);
}

/**
 * Makes a home whose programs are those of this version, or brings an existing one to it: configuration, identity, data
 * and the version before are kept. Gives that version; undefined in a new home.
 */
export async function setUpEngine(
  home: string,
  folder: string,
  version: string,
): Promise<string | undefined> {
  const slots = new EngineSlots(homeLayout(home).engine);
  const before = await slots.current();
  await installEngine(home, folder, version);
  await prepareHome({ home });
  if (before !== undefined && before !== version) await slots.removeAllBut([version, before]);
  return before;
}
