import type { DeviceDetail, Value } from '@gateway-engine/platform/admin-api';

/** Looks up the newest value of an alias; null when it has none or there is no such resource. */
export function latestOf(resources: DeviceDetail['resources']): (alias: string) => Value | null {
  return (alias) => resources.find((resource) => resource.alias === alias)?.latest ?? null;
}
