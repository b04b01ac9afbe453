/** A resource of a product: what each new device of it gets. */
export interface ProductResource {
  readonly alias: string;
  readonly format: 'string' | 'integer' | 'float';
  /** Whether the platform's side writes it (true) or the device (false). */
  readonly settable: boolean;
}

/** The aliases through which a gateway and the platform talk. Without them there are no reports and no updates. */
export const gatewayAliases = {
  usageReport: 'usage_report',
  engineReport: 'engine_report',
  deviceInfo: 'device_info',
  engineFetch: 'engine_fetch',
  fetchStatus: 'fetch_status',
  updateInterval: 'update_interval',
} as const;

export const gatewayResources: readonly ProductResource[] = [
  { alias: gatewayAliases.usageReport, format: 'string', settable: false },
  { alias: gatewayAliases.engineReport, format: 'string', settable: false },
  { alias: gatewayAliases.deviceInfo, format: 'string', settable: false },
  { alias: gatewayAliases.engineFetch, format: 'string', settable: true },
  { alias: gatewayAliases.fetchStatus, format: 'string', settable: false },
  { alias: gatewayAliases.updateInterval, format: 'string', settable: true },
];

/** The resources as the product tool of the original platform reads them: `specs/gwe.spec`. */
export function productSpec(): string {
  return `resources:\n${gatewayResources.map(({ alias, format }) => `- alias: ${alias}\n  format: ${format}\n`).join('')}`;
}
