import { UsageError } from '@gateway-engine/host';
import type { MetricFamily } from '@gateway-engine/host/metrics';
import { z } from 'zod';
import { callRunning } from '../local-call.ts';
import type { Settings } from '../settings.ts';

const labels = z.record(z.string(), z.string());
// JSON has no infinity; such a figure comes as null, and is left out.
const sample = z.object({ labels, value: z.number().nullable() });
const histogram = z.object({
  labels,
  bounds: z.array(z.number()),
  counts: z.array(z.number()),
  sum: z.number(),
});
const named = { name: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/), help: z.string() };
const family = z.union([
  z.object({ ...named, type: z.enum(['counter', 'gauge']), samples: z.array(sample) }),
  z.object({ ...named, type: z.literal('histogram'), histograms: z.array(histogram) }),
]);
const families = z.array(family).max(1_000);

/**
 * The metrics of the queue that runs with these settings, those of its process left out. Undefined when none runs, or
 * one of a version that has no metrics.
 */
export async function askMetrics(
  settings: Pick<Settings, 'listen' | 'databaseFile'>,
): Promise<MetricFamily[] | undefined> {
  let body: string;
  try {
    const answer = await callRunning(settings, 'GET', '/metrics', { Accept: 'application/json' });
    if (answer.status !== 200) return undefined;
    body = answer.body;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
  return families.parse(JSON.parse(body)).flatMap((each): MetricFamily[] => {
    if (!each.name.startsWith('gmq_')) return [];
    if (each.type === 'histogram') return [each];
    const known = each.samples.flatMap(({ labels: own, value }) =>
      value === null ? [] : [{ labels: own, value }],
    );
    return [{ ...each, samples: known }];
  });
}
