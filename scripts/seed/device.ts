import { gatewayAliases } from '@gateway-engine/device-api';
import { DeviceClient } from '@gateway-engine/device-client';
import { measure, series } from './measure.ts';
import type { Pace } from './pace.ts';
import type { Gateway } from './plan-fleet.ts';
import { deviceInfoAt, engineReportAt, fetchStatuses, usageReportAt } from './reports.ts';

type Point = readonly [ts: number, value: string];

const day = 86_400;
/** Keeps a body well below the platform's limit of 1 MiB. */
const pointsPerRequest = 5_000;
const reportsPerRequest = 50;

/** What a gateway of the fleet does, by the device API alone. */
export class SeededDevice {
  readonly gateway: Gateway;
  readonly #client: DeviceClient;
  readonly #pace: Pace;

  /** `client` is of the fleet's platform; it is shared, and stays open. */
  constructor(gateway: Gateway, client: DeviceClient, pace: Pace) {
    this.gateway = gateway;
    this.#client = new DeviceClient({ sharing: client });
    this.#pace = pace;
  }

  /** Gets a key: it has to be enabled. */
  async activate(signal?: AbortSignal): Promise<void> {
    const { kind, sn } = this.gateway;
    await this.#pace.turn(signal);
    this.#client.cik = await this.#client.activate({
      vendor: kind.product,
      model: kind.product,
      serial: sn,
    });
  }

  /** Records what it would have written in the days before. The same points a second time change nothing. */
  async recordHistory(everySeconds: number, signal?: AbortSignal): Promise<void> {
    const { kind, series: name, firstSeen: from, lastSeen } = this.gateway;
    for (const measurement of kind.measurements) {
      const points = [...series(measurement, name, { from, to: lastSeen, everySeconds })];
      for (let at = 0; at < points.length; at += pointsPerRequest) {
        await this.#record([[measurement.alias, points.slice(at, at + pointsPerRequest)]], signal);
      }
    }
    const times = this.#reportTimes();
    for (let at = 0; at < times.length; at += reportsPerRequest) {
      await this.#record(this.#reports(times.slice(at, at + reportsPerRequest)), signal);
    }
    const statuses = fetchStatuses(this.gateway);
    if (statuses.length > 0) await this.#record([[gatewayAliases.fetchStatus, statuses]], signal);
  }

  /** Writes what it measures at this second, as a gateway that is up does all the time. */
  async beat(now: number, signal?: AbortSignal): Promise<void> {
    const { kind, series: name } = this.gateway;
    await this.#pace.turn(signal);
    await this.#client.write(
      kind.measurements.map((each) => [each.alias, measure(each, name, now)] as const),
    );
  }

  /** Once a day, after its update, and when it was last seen. */
  #reportTimes(): number[] {
    const { firstSeen: from, updatedAt, lastSeen } = this.gateway;
    const times = new Set([updatedAt + 2, lastSeen]);
    for (let ts = Math.ceil(from / day) * day; ts < lastSeen; ts += day) times.add(ts);
    return [...times].filter((ts) => ts >= from && ts <= lastSeen).sort((a, b) => a - b);
  }

  #reports(times: readonly number[]): [alias: string, points: Point[]][] {
    const points = (at: (ts: number) => unknown) => times.map((ts): Point => [ts, JSON.stringify(at(ts))]);
    return [
      [gatewayAliases.deviceInfo, points((ts) => deviceInfoAt(this.gateway, ts))],
      [gatewayAliases.engineReport, points((ts) => engineReportAt(this.gateway, ts))],
      [gatewayAliases.usageReport, points((ts) => usageReportAt(this.gateway, ts))],
    ];
  }

  async #record(
    groups: readonly (readonly [alias: string, points: readonly Point[]])[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#pace.turn(signal);
    await this.#client.record(groups);
  }
}
