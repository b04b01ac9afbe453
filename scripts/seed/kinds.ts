import type { ProductResource } from '@gateway-engine/device-api';

/** What a measured value does over a day. */
export interface Measurement {
  readonly alias: string;
  readonly format: 'float' | 'integer';
  readonly mean: number;
  /** How far the day moves it, highest in the afternoon. */
  readonly daily: number;
  readonly noise: number;
  /** Never below; left out where it may be. */
  readonly least?: number;
  /** Counts up: so many in an hour, in place of moving around the mean. */
  readonly perHour?: number;
}

/** A kind of gateway: a product of the fleet. */
export interface Kind {
  readonly product: string;
  /** Serial numbers begin with it. */
  readonly prefix: string;
  readonly machine: string;
  readonly kernel: string;
  readonly memoryKiB: number;
  readonly diskKiB: number;
  readonly interface: 'eth0' | 'wwan0';
  /** The application that is updated from version to version, the oldest first. */
  readonly app: string;
  readonly versions: readonly [oldest: string, middle: string, newest: string];
  /** Another application, whose version stays. */
  readonly companion: readonly [name: string, version: string];
  readonly measurements: readonly Measurement[];
}

export const kinds: readonly Kind[] = [
  {
    product: 'pump-station',
    prefix: 'PS',
    machine: 'armv7l',
    kernel: '6.1.87-rt33',
    memoryKiB: 250_112,
    diskKiB: 3_616_736,
    interface: 'wwan0',
    app: 'pump-control',
    versions: ['1.4.0', '1.4.2', '1.5.0'],
    companion: ['modbus-reader', '3'],
    measurements: [
      { alias: 'pressure', format: 'float', mean: 4.2, daily: 0.4, noise: 0.3, least: 0 },
      { alias: 'flow', format: 'float', mean: 38, daily: 14, noise: 6, least: 0 },
      { alias: 'pump_starts', format: 'integer', mean: 0, daily: 0, noise: 0, perHour: 3 },
    ],
  },
  {
    product: 'cold-chain',
    prefix: 'CC',
    machine: 'aarch64',
    kernel: '6.6.31-v8+',
    memoryKiB: 948_304,
    diskKiB: 14_910_784,
    interface: 'eth0',
    app: 'door-watch',
    versions: ['11', '12', '14'],
    companion: ['ble-sensortag', '1'],
    measurements: [
      { alias: 'temperature', format: 'float', mean: -18.5, daily: 1.2, noise: 0.8 },
      { alias: 'humidity', format: 'float', mean: 61, daily: 6, noise: 5, least: 0 },
      { alias: 'door_openings', format: 'integer', mean: 0, daily: 0, noise: 0, perHour: 7 },
    ],
  },
  {
    product: 'solar-park',
    prefix: 'SP',
    machine: 'x86_64',
    kernel: '6.12.41+deb13-amd64',
    memoryKiB: 3_927_180,
    diskKiB: 30_298_176,
    interface: 'eth0',
    app: 'inverter-bridge',
    versions: ['2026-08', '2026-09', '2026-11'],
    companion: ['mqtt-sensors', '2.1'],
    measurements: [
      { alias: 'power', format: 'float', mean: 90, daily: 260, noise: 40, least: 0 },
      { alias: 'panel_temperature', format: 'float', mean: 24, daily: 17, noise: 4 },
      { alias: 'battery', format: 'integer', mean: 68, daily: 22, noise: 6, least: 0 },
    ],
  },
];

/** What its products have beside the six resources of every gateway. */
export function resourcesOf({ measurements }: Kind): ProductResource[] {
  return measurements.map(({ alias, format }) => ({ alias, format, settable: false }));
}
