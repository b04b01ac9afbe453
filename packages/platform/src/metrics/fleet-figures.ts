import { counterOf, gaugeOf, type MetricFamily } from '@gateway-engine/host/metrics';
import type { ProductDevices, StoreFigures } from '../store/port.ts';

/** Products that have series of their own, those with the most devices; the others are one, `other`. */
export const mostProducts = 200;

/** The fleet and what is kept, as metrics. */
export function fleetFigures({ products, contents, databaseBytes }: StoreFigures): MetricFamily[] {
  const shown = withinBound(products);
  return [
    gaugeOf(
      'gwe_platform_devices',
      'Devices by product and state of activation.',
      shown.map(({ product, status, devices }) => [{ product, status }, devices]),
    ),
    gaugeOf(
      'gwe_platform_devices_online',
      'Devices heard of within the last six minutes, by product.',
      sumByProduct(shown),
    ),
    gaugeOf('gwe_platform_products', 'Products.', new Set(products.map(({ product }) => product)).size),
    gaugeOf('gwe_platform_database_bytes', 'Size of the database with its log.', databaseBytes),
    gaugeOf('gwe_platform_contents', 'Contents of all products.', contents.count),
    gaugeOf('gwe_platform_content_bytes', 'Bytes of all contents.', contents.bytes),
  ];
}

function withinBound(products: readonly ProductDevices[]): ProductDevices[] {
  const sizes = new Map<string, number>();
  for (const { product, devices } of products) sizes.set(product, (sizes.get(product) ?? 0) + devices);
  const largest = [...sizes].sort(([, a], [, b]) => b - a).slice(0, mostProducts);
  const own = new Set(largest.map(([product]) => product));
  const others = new Map<string, ProductDevices>();
  for (const each of products) {
    if (own.has(each.product)) continue;
    const { status } = each;
    const before = others.get(status) ?? { product: 'other', status, devices: 0, online: 0 };
    const devices = before.devices + each.devices;
    others.set(status, { ...before, devices, online: before.online + each.online });
  }
  return [...products.filter(({ product }) => own.has(product)), ...others.values()];
}

function sumByProduct(products: readonly ProductDevices[]): [{ product: string }, number][] {
  const sums = new Map<string, number>();
  for (const { product, online } of products) sums.set(product, (sums.get(product) ?? 0) + online);
  return Array.from(sums, ([product, online]) => [{ product }, online]);
}

/** What is made of contents to spare gateways' downloads. */
export function deltaFigures(counts: {
  readonly made: number;
  readonly none: number;
  readonly failed: number;
  readonly making: number;
}): MetricFamily[] {
  return [
    counterOf('gwe_platform_deltas_total', 'Deltas between two contents, by what came of the attempt.', [
      [{ outcome: 'made' }, counts.made],
      [{ outcome: 'none' }, counts.none],
      [{ outcome: 'failed' }, counts.failed],
    ]),
    gaugeOf('gwe_platform_deltas_waiting', 'Deltas that are being made or wait for it.', counts.making),
  ];
}
