import type { DeviceDetail } from '@gateway-engine/platform/admin-api';
import { chartable } from './chart-window.ts';

type ResourceWithLatest = DeviceDetail['resources'][number];

/** What an operator most likely wants to see first: the alias of the example applications. */
const PREFERRED = 'sine-data';

/** Resources that can be drawn: numbers by their format, or text that holds a number now. */
export function numericResources(resources: readonly ResourceWithLatest[]): string[] {
  return resources
    .filter(
      ({ format, latest, alias }) =>
        format !== 'string' ||
        (latest !== null && chartable(latest.value) !== undefined && alias !== 'update_interval'),
    )
    .map(({ alias }) => alias);
}

/** `sine-data` where it exists, else the one that was written last. */
export function resourceToShowFirst(resources: readonly ResourceWithLatest[]): string | undefined {
  const numeric = new Set(numericResources(resources));
  if (numeric.has(PREFERRED)) return PREFERRED;
  const newest = resources
    .filter(({ alias }) => numeric.has(alias))
    .toSorted((a, b) => (b.latest?.ts ?? -1) - (a.latest?.ts ?? -1));
  return newest[0]?.alias;
}
