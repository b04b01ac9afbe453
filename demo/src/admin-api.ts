import type { DeviceDetail } from '@gateway-engine/platform/admin-api';

/** What the demo asks the platform while it waits. Everything it changes, it changes by the operator's commands. */
export class AdminApi {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** The device with its newest values; undefined when the platform does not know it. */
  async device(product: string, sn: string): Promise<DeviceDetail | undefined> {
    const path = `/api/v1/products/${encodeURIComponent(product)}/devices/${encodeURIComponent(sn)}`;
    const answer = await fetch(this.#url + path, {
      headers: { Authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 404) return undefined;
    if (!answer.ok)
      throw new Error(`the platform answered ${answer.status} to ${path}: ${await answer.text()}`);
    return (await answer.json()) as DeviceDetail;
  }
}

/** The newest value of one of the device's resources; undefined when it has none. */
export function latestValue(
  device: DeviceDetail | undefined,
  alias: string,
): { value: string; ts: number } | undefined {
  return device?.resources.find((resource) => resource.alias === alias)?.latest ?? undefined;
}
