import { type CommandPage, describeCommand } from '@gateway-engine/host/command-descriptions';
import { dress } from '@gateway-engine/host/command-line';
import { homeLayout } from '../home/layout.ts';
import type { CommandWord } from './command-word.ts';
import { gweProgram } from './options.ts';

/** All of `gwe`: its options, and its words, which are loaded for this. */
export async function gwePage(commands: Readonly<Record<string, CommandWord>>): Promise<CommandPage> {
  const silent = { out: () => undefined, err: () => undefined };
  const layout = homeLayout('/opt/gateway-engine');
  const words: CommandPage[] = [];
  for (const { load } of Object.values(commands)) {
    const { program } = await load();
    const command = program(layout, silent);
    dress(command, { write: () => undefined });
    words.push(describeCommand(command));
  }
  const gwe = gweProgram(() => undefined);
  dress(gwe, { write: () => undefined });
  return { ...describeCommand(gwe), usage: 'gwe [options] [command]', commands: words };
}
