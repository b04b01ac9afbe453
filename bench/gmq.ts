import { parseArgs } from 'node:util';
import { UsageError } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { acknowledgements } from './src/queue/acknowledgements.ts';
import { batches } from './src/queue/batches.ts';
import { bothSides } from './src/queue/sides.ts';

const parts = ['acknowledgements', 'batches', 'drain', 'check-in'] as const;

/**
 * The queue: `npm run bench -- gmq [--only PART,...] [--seconds N] [--rounds N] [--records N]`; PART is
 * acknowledgements, batches, drain or check-in.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = parse(args);
  await using folder = await temporaryFolder();
  const sides = bothSides(folder.path);
  const plan = { folder: folder.path, sides, seconds: options.seconds, rounds: options.rounds };
  if (options.only.has('acknowledgements')) {
    await acknowledgements(plan, 1);
    await acknowledgements(plan, 64);
  }
  if (options.only.has('batches')) await batches(plan);
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: parts.join() },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      records: { type: 'string', default: '1000000' },
    },
  });
  const only = new Set(values.only.split(','));
  for (const part of only) {
    if (!parts.some((known) => known === part))
      throw new UsageError(`--only takes ${parts.join(', ')}, not ${part}`);
  }
  const number = (name: 'seconds' | 'rounds' | 'records') => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new UsageError(`--${name} is ${values[name]}, not a number above 0`);
    return value;
  };
  return { only, seconds: number('seconds'), rounds: number('rounds'), records: number('records') };
}
