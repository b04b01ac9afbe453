import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  choosePorts,
  freeInsteadOf,
  KeptProcess,
  operatorVariables,
  type RunningPlatform,
  RunRecord,
  runCommandLine,
  startGateway,
  startPlatform,
  waitFor,
} from '@gateway-engine/demo';
import { type Clock, describeError, makeDirectory, writeDurably } from '@gateway-engine/host';
import { isFault, SupervisorClient } from '@gateway-engine/supervisor';
import type { Part } from './concerned-parts.ts';

export interface DevOptions {
  /** The repository. */
  readonly root: string;
  /** Folder of all state. */
  readonly state: string;
}

export interface DevParts {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Aborted: a start that is under way goes no further. */
  readonly signal: AbortSignal;
}

const product = 'dev';
const sn = 'gateway-1';
const pagePort = 5173;

/** What `npm run dev` runs: a platform, the page by Vite's server, and a gateway. Each can be started again alone. */
export class DevSystem {
  readonly #options: DevOptions;
  readonly #parts: DevParts;
  readonly #record: RunRecord;
  #ports: { platform: number; gmq: number } | undefined;
  #platform: RunningPlatform | undefined;
  #gateway: KeptProcess | undefined;
  #page: KeptProcess | undefined;

  constructor(options: DevOptions, parts: DevParts) {
    this.#options = options;
    this.#parts = parts;
    this.#record = new RunRecord(join(options.state, 'run.json'));
  }

  get platform(): RunningPlatform {
    if (!this.#platform) throw new Error('the platform was not started');
    return this.#platform;
  }

  /** Gives the page's address. Whatever was started before a failure, `stop` ends. */
  async start(): Promise<string> {
    const { state } = this.#options;
    await makeDirectory(state);
    await this.#record.take();
    await mkdir(join(state, 'log'), { recursive: true });
    this.#ports = await choosePorts(join(state, 'ports.json'), (line) => this.#parts.say(line));
    const { signal } = this.#parts;
    await this.#startPlatform();
    signal.throwIfAborted();
    const page = await this.#startPage();
    signal.throwIfAborted();
    await this.#registerGateway();
    signal.throwIfAborted();
    await this.#startGateway();
    return page;
  }

  /** Starts a part again with the sources as they are now. Rejects, saying why, when it does not come up. */
  async restart(part: Part): Promise<void> {
    switch (part) {
      case 'platform':
        await this.#platform?.process.stop();
        return this.#startPlatform();
      case 'supervisor':
        await this.#gateway?.stop();
        return this.#startGateway();
      default:
        return this.#restartProgram(part);
    }
  }

  /** Ends every process, the gateway first. */
  async stop(): Promise<void> {
    await this.#gateway?.stop();
    await this.#page?.stop();
    await this.#platform?.process.stop();
    await this.#record.release();
  }

  async #startPlatform(): Promise<void> {
    const { root, state } = this.#options;
    this.#platform = await startPlatform(
      {
        data: join(state, 'platform'),
        port: this.#port('platform'),
        pages: join(root, 'packages', 'solution-app', 'dist'),
        logFile: this.#log('platform'),
      },
      this.#processParts(),
    );
    const variables = { ...operatorVariables(this.#platform), GWE_HOME: join(state, 'gateway') };
    const lines = Object.entries(variables).map(
      ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    );
    await writeDurably(join(state, 'env'), `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  /** The page from its sources: a change is on it at once, without a reload where React can do that. */
  async #startPage(): Promise<string> {
    const { root } = this.#options;
    const port = await freeInsteadOf(pagePort, 'the page', this.#parts.say);
    const url = `http://127.0.0.1:${port}`;
    this.#page = new KeptProcess(
      {
        name: "the page's server",
        command: [
          ...[process.execPath, join(root, 'node_modules', 'vite', 'bin', 'vite.js')],
          ...[join(root, 'packages', 'solution-app'), '--host', '127.0.0.1', '--port', String(port)],
          ...['--strictPort', '--clearScreen', 'false'],
        ],
        env: { ...process.env, GWE_PLATFORM_URL: this.platform.url },
        logFile: this.#log('page'),
        ready: () =>
          waitFor(`the page at ${url}`, 60_000, this.#parts.clock, async () => {
            const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
            return answer.ok;
          }),
      },
      this.#processParts(),
    );
    await this.#page.start();
    return url;
  }

  async #registerGateway(): Promise<void> {
    const env = { ...process.env, ...operatorVariables(this.platform) };
    const run = (...args: string[]) => runCommandLine('gwe-platform', args, { env });
    const { products } = JSON.parse(await run('product', 'list', '--json')) as { products: { id: string }[] };
    if (products.some(({ id }) => id === product)) return;
    await run('product', 'create', product, '--resource', 'test:float', '--resource', 'sine-data:float');
    await run('device', 'add', product, sn);
  }

  async #startGateway(): Promise<void> {
    this.#gateway = await startGateway(
      {
        home: join(this.#options.state, 'gateway'),
        server: this.platform.url,
        product,
        sn,
        gmqPort: this.#port('gmq'),
        probationSeconds: 5,
        logFile: this.#log('supervisor'),
      },
      this.#processParts(),
    );
  }

  async #restartProgram(name: 'gmq' | 'gwe'): Promise<void> {
    const home = join(this.#options.state, 'gateway');
    const supervisor = new SupervisorClient(`unix://${join(home, 'run', 'supervisor.sock')}`);
    try {
      await supervisor.stopProcess(name);
    } catch (error) {
      if (!isFault(error, 'NOT_RUNNING')) throw error;
    }
    try {
      await supervisor.startProcess(name);
    } catch (error) {
      if (isFault(error, 'ALREADY_STARTED')) return;
      const log = join(home, 'log', `${name}.log`);
      throw new Error(`${name} does not start (${describeError(error)}); its log is ${log}`, {
        cause: error,
      });
    }
  }

  #port(name: 'platform' | 'gmq'): number {
    if (!this.#ports) throw new Error('no ports were chosen');
    return this.#ports[name];
  }

  #log(name: string): string {
    return join(this.#options.state, 'log', `${name}.log`);
  }

  #processParts() {
    return {
      clock: this.#parts.clock,
      onPid: (pid: number) => this.#record.add(pid),
      onRestart: (line: string) => this.#parts.say(line),
    };
  }
}
