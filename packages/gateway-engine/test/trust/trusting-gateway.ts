import type { DatabaseSync } from 'node:sqlite';
import { DeviceClient } from '@gateway-engine/device-client';
import { createLogger, type Logger, makeDirectory, systemClock } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import type { VerifyMode } from '../../src/configuration/ota-config.ts';
import { type HomeLayout, homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import type { GatewayTrust } from '../../src/trust/gateway-trust.ts';
import { openTrust } from '../../src/trust/open-trust.ts';
import type { TrustVerdict, WantedApp } from '../../src/trust/update-trust.ts';

/** What of a gateway has to do with trust: its home, its database, its clock and the line to a platform. */
export class TrustingGateway implements AsyncDisposable {
  readonly layout: HomeLayout;
  database: DatabaseSync;
  /** Milliseconds since 1970, by the gateway's clock. */
  clock: () => number = () => Date.now();
  verify: VerifyMode | undefined;
  rootSha256: string | undefined;
  product: string | undefined = 'pump';
  /** Lines of the log, warnings and what matters more. */
  readonly said: string[] = [];
  readonly client: DeviceClient;
  readonly #folder: AsyncDisposable;

  private constructor(
    layout: HomeLayout,
    folder: AsyncDisposable,
    database: DatabaseSync,
    client: DeviceClient,
  ) {
    this.layout = layout;
    this.#folder = folder;
    this.database = database;
    this.client = client;
  }

  static async make(server: string, cik: string): Promise<TrustingGateway> {
    const folder = await temporaryFolder();
    const layout = homeLayout(folder.path);
    await makeDirectory(layout.state);
    const limits = { timeoutMs: 5000, wholeTimeoutMs: 2000 };
    const client = new DeviceClient({ server, cik, accounting: false, ...limits });
    return new TrustingGateway(layout, folder, await openEngineDatabase(layout), client);
  }

  /** As a newly started engine has it. */
  get trust(): GatewayTrust {
    return openTrust({
      layout: this.layout,
      database: this.database,
      product: this.product,
      ota: { verify: this.verify, rootSha256: this.rootSha256 },
      platform: {
        client: this.client,
        budget: async () => ({ kind: 'may', left: Number.POSITIVE_INFINITY }),
      },
      clock: { now: () => this.clock(), after: systemClock.after },
      logger: this.#logger(),
    });
  }

  /** Judges `NAME.vVERSION.tar.gz` of the content area. */
  async judge(tarball: string, installed?: WantedApp['installed']): Promise<TrustVerdict> {
    return await this.trust.judgeContent(tarball, wanted(tarball, installed), new AbortController().signal);
  }

  /** The same of a file. */
  async judgeFile(tarball: string, installed?: WantedApp['installed']): Promise<TrustVerdict> {
    return await this.trust.judgeFile(tarball, tarball, wanted(tarball, installed));
  }

  /** After a loss of power: what was promised is there, and nothing else is known. */
  async restart(): Promise<void> {
    this.database.close();
    this.database = await openEngineDatabase(this.layout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.database.close();
    await this.#folder[Symbol.asyncDispose]();
  }

  #logger(): Logger {
    const logger = createLogger({ name: 'test', level: 'CRITICAL', terminal: false });
    const note = (...parts: unknown[]) => void this.said.push(String(parts.at(-1)));
    return Object.assign(Object.create(logger), { warn: note, info: note });
  }
}

function wanted(tarball: string, installed: WantedApp['installed']): WantedApp {
  const [name = '', version = ''] = tarball.replace(/\.tar\.gz$/, '').split('.v');
  return { name, version, installed };
}
