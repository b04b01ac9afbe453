import { parseArgs } from 'node:util';
import { UsageError } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { cutLink } from './src/ota/cut-link.ts';
import { deltas } from './src/ota/deltas.ts';
import { publishing } from './src/ota/publishing.ts';
import { unpacking } from './src/ota/unpacking.ts';

const parts = ['publish', 'delta', 'cut', 'unpack'] as const;

/**
 * Updates over the air: `npm run bench -- ota [--only PART,...] [--rounds N] [--megabytes N]`; PART is publish, delta,
 * cut or unpack.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: parts.join() },
      rounds: { type: 'string', default: '5' },
      megabytes: { type: 'string', default: '200' },
    },
  });
  const only = new Set(values.only.split(','));
  for (const part of only) {
    if (!parts.some((known) => known === part))
      throw new UsageError(`--only takes ${parts.join(', ')}, not ${part}`);
  }
  const number = (name: 'rounds' | 'megabytes') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new UsageError(`--${name} is ${values[name]}, not a whole number`);
    return value;
  };
  const inFolder = async (work: (folder: string) => Promise<void> | void) => {
    await using folder = await temporaryFolder();
    await work(folder.path);
  };
  if (only.has('publish')) await inFolder((folder) => publishing(folder, number('rounds')));
  if (only.has('delta')) await inFolder((folder) => deltas(folder, number('rounds')));
  if (only.has('cut')) await inFolder((folder) => cutLink(folder, number('megabytes')));
  if (only.has('unpack')) await inFolder((folder) => unpacking(folder, number('rounds')));
}
