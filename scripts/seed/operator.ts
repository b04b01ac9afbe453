import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFiles } from '@gateway-engine/app-package';
import { gatewayAliases } from '@gateway-engine/device-api';
import { Content, Device, DeviceList, Product, ProductList, Value } from '@gateway-engine/platform/admin-api';
import type { AdminClient } from '@gateway-engine/platform/admin-client';
import { type Kind, resourcesOf } from './kinds.ts';
import type { Pace } from './pace.ts';
import { type Gateway, tarballOf } from './plan-fleet.ts';

/** What an operator does for a fleet, by the admin API. All of it may be done again. */
export class Operator {
  readonly #admin: AdminClient;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;

  constructor(admin: AdminClient, pace: Pace, signal?: AbortSignal) {
    this.#admin = admin;
    this.#pace = pace;
    this.#signal = signal;
  }

  /** Creates the products that are not there, with their applications in the content area. */
  async makeProducts(kinds: readonly Kind[]): Promise<void> {
    await this.#turn();
    const { products } = await this.#admin.get(ProductList, ['products']);
    for (const kind of kinds) {
      if (products.some(({ id }) => id === kind.product)) continue;
      await this.#turn();
      await this.#admin.post(Product, ['products'], { id: kind.product, resources: resourcesOf(kind) });
      for (const version of kind.versions) await this.#publish(kind, version);
    }
  }

  /** Serial numbers of a product that the platform knows. */
  async known(product: string): Promise<Set<string>> {
    await this.#turn();
    const { devices } = await this.#admin.get(DeviceList, ['products', product, 'devices']);
    return new Set(devices.map(({ sn }) => sn));
  }

  async addDevice({ kind, sn }: Gateway): Promise<void> {
    await this.#turn();
    await this.#admin.post(Device, ['products', kind.product, 'devices'], { sn });
  }

  /** Its key of an earlier run is lost: it may activate itself once more. */
  async enable({ kind, sn }: Gateway): Promise<void> {
    await this.#turn();
    await this.#admin.post(Device, ['products', kind.product, 'devices', sn, 'enable'], {});
  }

  /** Leaves an instruction for a gateway that is not there to read it. */
  async instruct({ kind, sn }: Gateway, version: string): Promise<void> {
    await this.#turn();
    const path = ['products', kind.product, 'devices', sn, 'resources', gatewayAliases.engineFetch];
    const value = JSON.stringify({ install: [{ name: tarballOf(kind, version) }] });
    await this.#admin.put(Value, path, { value });
  }

  /** A package that can be installed, though it does no more than say so. */
  async #publish(kind: Kind, version: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'gwe-seed-'));
    try {
      const source = join(folder, 'source');
      await mkdir(source);
      const script = `#!/bin/sh\necho '${kind.app} ${version} of the seeded fleet: nothing to install'\n`;
      await writeFile(join(source, 'install.sh'), script, { mode: 0o755 });
      const id = tarballOf(kind, version);
      const file = join(folder, id);
      await packFiles(source, ['install.sh'], file);
      const bytes = await readFile(file);
      await this.#turn();
      await this.#admin.upload(Content, ['products', kind.product, 'content', id], {
        contentType: 'application/gzip',
        size: bytes.length,
        chunks: [bytes],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #turn(): Promise<void> {
    return this.#pace.turn(this.#signal);
  }
}
