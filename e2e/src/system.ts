import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AdminApi,
  type CommandName,
  type KeptProcess,
  latestValue,
  operatorVariables,
  type RunningPlatform,
  runCommandLine,
  startGateway,
  startPlatform,
} from '@gateway-engine/demo';
import { installEngine } from '@gateway-engine/gateway-engine';
import { systemClock } from '@gateway-engine/host';
import { type ProcessInfo, SupervisorClient } from '@gateway-engine/supervisor';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { makeEngine } from './engine-package.ts';

export const root = join(import.meta.dirname, '..', '..');
export const product = 'e2e';
export const sn = 'gw-1';
export const app = 'gmq-sine-demo';

/**
 * The supervisor of a gateway: ours, or Debian's package `supervisor`. `installed`: ours, in a home that has the engine
 * installed in it as version 1.
 */
export type SupervisorKind = 'embedded' | 'supervisord' | 'installed';

/** What `engine_report` says of an application. */
interface AppReport {
  readonly status: string;
  readonly version: string;
  readonly uptime: number;
  readonly exitstatus: number | null;
  readonly restarts?: number;
  readonly memory?: number;
  readonly last_error?: string;
}

/** A platform and a gateway of the test's own: real processes in a temporary folder, on free ports. */
export class System implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly gmqUrl: string;
  readonly supervisor: SupervisorClient;
  readonly #ports: { platform: number; gmq: number };
  readonly #removeFolder: () => PromiseLike<void>;
  readonly #supervisor: SupervisorKind;
  #platform: RunningPlatform | undefined;
  #gateway: KeptProcess | undefined;

  private constructor(
    folder: string,
    ports: { platform: number; gmq: number },
    removeFolder: () => PromiseLike<void>,
    supervisor: SupervisorKind,
  ) {
    this.#supervisor = supervisor;
    this.folder = folder;
    this.home = join(folder, 'gateway');
    this.gmqUrl = `http://127.0.0.1:${ports.gmq}`;
    this.supervisor = new SupervisorClient(`unix://${join(this.home, 'run', 'supervisor.sock')}`);
    this.#ports = ports;
    this.#removeFolder = removeFolder;
  }

  /** Starts a platform that knows the product and the gateway, and the gateway; waits for its first check-in. */
  static async start(
    supervisor: SupervisorKind = 'embedded',
    furtherResources: readonly string[] = [],
  ): Promise<System> {
    const folder = await temporaryFolder();
    const ports = { platform: await freePort(), gmq: await freePort() };
    const system = new System(folder.path, ports, () => folder[Symbol.asyncDispose](), supervisor);
    try {
      await mkdir(join(folder.path, 'log'));
      await system.startPlatform();
      const resources = ['sine-data:float', 'test:float', 'text:string', ...furtherResources].flatMap(
        (each) => ['--resource', each],
      );
      await system.operator('product', 'create', product, ...resources);
      await system.operator('device', 'add', product, sn);
      await system.startGateway();
      await waitUntil('the first check-in', async () => (await system.value('engine_report')) !== undefined, {
        timeoutMs: 30_000,
      });
      return system;
    } catch (error) {
      await system[Symbol.asyncDispose]();
      throw error;
    }
  }

  get platform(): RunningPlatform {
    if (!this.#platform) throw new Error('the platform was not started');
    return this.#platform;
  }

  get gateway(): KeptProcess {
    if (!this.#gateway) throw new Error('the gateway was not started');
    return this.#gateway;
  }

  get api(): AdminApi {
    return new AdminApi(this.platform.url, this.platform.administrator.token);
  }

  async startPlatform(): Promise<void> {
    this.#platform = await startPlatform(
      {
        data: join(this.folder, 'platform'),
        port: this.#ports.platform,
        pages: join(root, 'packages', 'solution-app', 'dist'),
        logFile: join(this.folder, 'log', 'platform.log'),
      },
      this.#parts(),
    );
  }

  async startGateway(): Promise<void> {
    const ownEngine = this.#supervisor === 'installed';
    if (ownEngine) await installEngine(this.home, makeEngine(join(this.folder, 'engine-1')), '1');
    this.#gateway = await startGateway(
      {
        home: this.home,
        server: this.platform.url,
        product,
        sn,
        gmqPort: this.#ports.gmq,
        probationSeconds: 1,
        logFile: join(this.folder, 'log', 'supervisor.log'),
        ownEngine,
        ...(this.#supervisor === 'supervisord' ? { supervisor: ['/usr/bin/supervisord'] } : {}),
      },
      this.#parts(),
    );
  }

  /** Runs `gwe-platform` as the operator, on this platform. */
  operator(...args: string[]): Promise<string> {
    return this.command('gwe-platform', args);
  }

  /** Runs `gwe` as the developer, in a folder that also has the developer's keys. */
  developer(folder: string, ...args: string[]): Promise<string> {
    const keys = { GWE_KEYS: join(folder, 'keys'), GWE_KEY_PASSPHRASE: 'correct horse battery' };
    return runCommandLine('gwe', args, { env: { ...this.environment(), ...keys }, cwd: folder });
  }

  command(name: CommandName, args: readonly string[], cwd = this.folder): Promise<string> {
    return runCommandLine(name, args, { env: this.environment(), cwd });
  }

  /** Builds a copy of a package of this repository, named by its folder, and gives the tarball's path. */
  async buildPackage(source: string): Promise<string> {
    const copy = join(this.folder, 'packages', source);
    await cp(join(root, source), copy, { recursive: true });
    const printed = await this.command('gwe', ['--build-app', 'gwe-buildfile.json'], copy);
    // Above it is what the package's own commands say.
    return printed.slice(printed.lastIndexOf('\n') + 1);
  }

  environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...operatorVariables(this.platform),
      GWE_HOME: this.home,
    };
  }

  /** The newest value of one of the gateway's resources. */
  async value(alias: string): Promise<string | undefined> {
    return latestValue(await this.api.device(product, sn), alias)?.value;
  }

  /** All points of one of the gateway's resources, by timestamp. */
  async history(alias: string): Promise<Map<number, string>> {
    const printed = await this.operator(
      'device',
      'history',
      product,
      sn,
      alias,
      '--limit',
      '10000',
      '--json',
    );
    const { points } = JSON.parse(printed) as { points: [number, string][] };
    return new Map(points);
  }

  /** Uploads a tarball and instructs the gateway to install it. */
  async deploy(tarball: string): Promise<void> {
    await this.operator('content', 'upload', product, tarball);
    await this.operator('deploy', product, sn, tarball.slice(tarball.lastIndexOf('/') + 1));
  }

  /** The report of one application; undefined while it is not installed. */
  async report(name: string): Promise<AppReport | undefined> {
    const text = await this.value('engine_report');
    if (!text) return undefined;
    const { apps } = JSON.parse(text) as { apps: Record<string, AppReport>[] };
    return apps.find((entry) => name in entry)?.[name];
  }

  async running(name: string): Promise<ProcessInfo> {
    return waitUntil(`${name} to run`, async () => {
      const info = await this.supervisor.getProcessInfo(name);
      return info.statename === 'RUNNING' && info;
    });
  }

  /** `kill -9` of a supervised program; resolves when its successor runs. */
  async killProgram(name: string): Promise<void> {
    const { pid } = await this.running(name);
    process.kill(pid, 'SIGKILL');
    await waitUntil(
      `${name} to run again`,
      async () => {
        const info = await this.supervisor.getProcessInfo(name);
        return info.statename === 'RUNNING' && info.pid !== pid;
      },
      { timeoutMs: 30_000 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop();
    await this.#platform?.process.stop();
    await this.#removeFolder();
  }

  #parts() {
    return {
      clock: systemClock,
      onPid: () => {},
      onRestart: () => {},
    };
  }
}
