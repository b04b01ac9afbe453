import { parseArgs } from 'node:util';
import { UsageError } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { acknowledgements } from './src/queue/acknowledgements.ts';
import { batches } from './src/queue/batches.ts';
import { idleCheckIn } from './src/queue/check-in.ts';
import { drain } from './src/queue/drain.ts';
import { bothSides } from './src/queue/sides.ts';

const parts = ['acknowledgements', 'batches', 'drain', 'check-in'] as const;

/**
 * The queue: `npm run bench -- gmq [--only PART,...] [--seconds N] [--rounds N] [--records N] [--interval SECONDS]
 * [--check-ins N]`; PART is acknowledgements, batches, drain or check-in.
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
  if (options.only.has('drain')) await drain({ ...plan, records: options.records });
  if (options.only.has('check-in')) {
    await idleCheckIn({ folder: folder.path, interval: options.interval, checkIns: options.checkIns });
  }
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: parts.join() },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      records: { type: 'string', default: '1000000' },
      interval: { type: 'string', default: '60' },
      'check-ins': { type: 'string', default: '3' },
    },
  });
  const only = new Set(values.only.split(','));
  for (const part of only) {
    if (!parts.some((known) => known === part))
      throw new UsageError(`--only takes ${parts.join(', ')}, not ${part}`);
  }
  const number = (name: 'seconds' | 'rounds' | 'records' | 'interval' | 'check-ins') => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new UsageError(`--${name} is ${values[name]}, not a number above 0`);
    return value;
  };
  if (number('records') % 1_000 !== 0) throw new UsageError('--records takes whole thousands');
  return {
    only,
    seconds: number('seconds'),
    rounds: number('rounds'),
    records: number('records'),
    interval: number('interval'),
    checkIns: number('check-ins'),
  };
}
