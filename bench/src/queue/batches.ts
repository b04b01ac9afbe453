import { join } from 'node:path';
import { compare, print } from '../result.ts';
import type { RoundPlan } from './acknowledgements.ts';
import { putLoad } from './load.ts';
import { startQueue } from './servers.ts';
import { keptForever } from './settings.ts';

const lines = 1_000;

/** Records a second through the batch endpoint: requests of 1,000 lines, two at a time. */
export async function batches(plan: RoundPlan): Promise<void> {
  for (const side of plan.sides) {
    const figures: number[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      const home = join(plan.folder, `batch-${round}-${side.runtime}`);
      await using server = await startQueue(side.gmq, home, keptForever);
      const load = { port: server.port, connections: 2, device: 'a'.repeat(40), form: { lines } };
      await putLoad({ ...load, seconds: Math.min(1, plan.seconds), from: 1_000_000_000 });
      const { taken, seconds } = await putLoad({ ...load, seconds: plan.seconds, from: 1_200_000_000 });
      figures.push((taken * lines) / seconds);
    }
    print(
      compare(
        {
          bench: 'gmq',
          metric: `records through the batch endpoint, on ${side.runtime}`,
          unit: '1/s',
          peer: 'none',
          goal: '>= 150,000',
        },
        figures,
        [],
        (ours) => ours >= 150_000,
      ),
    );
  }
}
