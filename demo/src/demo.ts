import { constants, existsSync } from 'node:fs';
import { access, cp, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { type Clock, makeDirectory, UsageError, writeDurably } from '@gateway-engine/host';
import { AdminApi, latestValue } from './admin-api.ts';
import { type CommandName, runCommandLine } from './commands.ts';
import { startGateway } from './gateway.ts';
import type { KeptProcess } from './kept-process.ts';
import { operatorVariables, type RunningPlatform, startPlatform } from './platform.ts';
import { choosePorts } from './ports.ts';
import { RunRecord } from './run-record.ts';
import { waitFor } from './wait-for.ts';

export interface DemoOptions {
  /** The repository's root. */
  readonly root: string;
  /** Folder of all state. */
  readonly state: string;
  /** Whether to throw away what an earlier demo left in it. */
  readonly fresh: boolean;
}

export interface DemoParts {
  readonly clock: Clock;
  /** Shows one line to the person who started the demo. */
  readonly say: (line: string) => void;
}

const product = 'demo';
const sn = 'gateway-1';
const app = 'gmq-sine-demo';

/** The running demo: a platform and a gateway, and the application that came over the air. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #parts: DemoParts;
  readonly #record: RunRecord;
  #platform: RunningPlatform | undefined;
  #gateway: KeptProcess | undefined;
  #starting: Promise<void> | undefined;
  #stopping = false;

  constructor(options: DemoOptions, parts: DemoParts) {
    this.#options = options;
    this.#parts = parts;
    this.#record = new RunRecord(join(options.state, 'run.json'));
  }

  /** Resolves when the application's data is at the platform. Whatever was started before a failure, `stop` ends. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /** Ends every process, the gateway first, so that nothing is left running. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#starting?.catch(() => {});
    await this.#gateway?.stop();
    await this.#platform?.process.stop();
    await this.#record.release();
  }

  async #start(): Promise<void> {
    const { state } = this.#options;
    const { say } = this.#parts;
    await makeStateFolder(state);
    await this.#record.take();
    if (this.#options.fresh) await this.#forget();
    await mkdir(join(state, 'log'), { recursive: true });
    await mkdir(join(state, 'build'), { recursive: true });
    const ports = await choosePorts(join(state, 'ports.json'), (line) => say(`  ${line}`));

    const platform = await startPlatform(
      {
        data: join(state, 'platform'),
        port: ports.platform,
        pages: join(this.#options.root, 'packages', 'solution-app', 'dist'),
        logFile: join(state, 'log', 'platform.log'),
      },
      this.#processParts(),
    );
    this.#platform = platform;
    const env = await this.#writeEnvironment(platform);
    this.#step(`platform at ${platform.url}, data in ${this.#shown('platform')}`);

    const api = new AdminApi(platform.url, platform.administrator.token);
    await this.#registerGateway(env);
    this.#step(`product "${product}" and gateway "${sn}" are known to the platform`);

    this.#gateway = await startGateway(
      {
        home: join(state, 'gateway'),
        server: platform.url,
        product,
        sn,
        gmqPort: ports.gmq,
        // Somebody is watching.
        probationSeconds: 5,
        logFile: join(state, 'log', 'supervisor.log'),
      },
      this.#processParts(),
    );
    this.#step(
      `gateway started: supervisor, gwe and gmq (http://127.0.0.1:${ports.gmq}), home ${this.#shown('gateway')}`,
    );

    await this.#wait('the gateway to activate and check in', 60_000, async () => {
      const device = await api.device(product, sn);
      return device?.status === 'activated' && latestValue(device, 'engine_report') !== undefined;
    });
    this.#step('the gateway has activated and checked in');

    await this.#deliver(api, env);
    const before = latestValue(await api.device(product, sn), 'sine-data')?.ts ?? 0;
    await this.#wait(`data of ${app} at the platform`, 60_000, async () => {
      const latest = latestValue(await api.device(product, sn), 'sine-data');
      return latest !== undefined && latest.ts > before;
    });
    this.#step(`data of ${app} is moving: gateway application -> gmq -> platform`);
    this.#showWhatNext(platform);
  }

  async #forget(): Promise<void> {
    for (const name of ['platform', 'gateway', 'keys', 'build', 'log', 'env', 'ports.json']) {
      await rm(join(this.#options.state, name), { recursive: true, force: true });
    }
  }

  async #registerGateway(env: NodeJS.ProcessEnv): Promise<void> {
    const resources = ['--resource', 'sine-data:float', '--resource', 'test:float'];
    const products = await runCommandLine('gwe-platform', ['product', 'list', '--json'], { env });
    if (!mentions(products, 'id', product)) {
      await this.#operator('gwe-platform', ['product', 'create', product, ...resources], env);
    }
    const devices = await runCommandLine('gwe-platform', ['device', 'list', product, '--json'], { env });
    if (!mentions(devices, 'sn', sn))
      await this.#operator('gwe-platform', ['device', 'add', product, sn], env);
  }

  /** Delivers version 1 over the air, unless a version runs already; version 2 is published, ready to be deployed. */
  async #deliver(api: AdminApi, env: NodeJS.ProcessEnv): Promise<void> {
    const names = [1, 2].map((version) => `${app}.v${version}.tar.gz`);
    const listed = await runCommandLine('gwe-platform', ['content', 'list', product, '--json'], { env });
    if (!areSigned(listed, names)) await this.#publish(env);
    const report = latestValue(await api.device(product, sn), 'engine_report')?.value ?? '';
    if (report.includes(`"${app}"`)) {
      this.#step(`${app} is installed already`);
      return;
    }
    const [name = ''] = names;
    await this.#operator('gwe-platform', ['deploy', product, sn, name], env);
    this.#step(`${name} is on its way over the air`);
    await this.#wait(`${app} to be installed`, 120_000, async () => {
      const device = await api.device(product, sn);
      return isRunning(latestValue(device, 'engine_report')?.value, app);
    });
    this.#step(`${name} was installed by the gateway and is running`);
  }

  /** What a developer does: keys once, then build, and sign what was built. */
  async #publish(env: NodeJS.ProcessEnv): Promise<void> {
    const tarballs: string[] = [];
    for (const version of [1, 2]) tarballs.push(await this.#build(version, env));
    await this.#operator('gwe', ['keys', 'create', product], env);
    await this.#operator('gwe', ['publish', ...tarballs], env);
    this.#step(`versions 1 and 2 of ${app} are signed and uploaded; the gateway takes nothing unsigned`);
  }

  /** Builds one version of the example as its developer would, and gives the tarball's path. */
  async #build(version: number, env: NodeJS.ProcessEnv): Promise<string> {
    const build = join(this.#options.state, 'build');
    const source = join(build, `v${version}`);
    await cp(join(this.#options.root, 'examples', app, `v${version}`), source, { recursive: true });
    const built = await runCommandLine('gwe', ['--build-app', 'gwe-buildfile.json'], { env, cwd: source });
    const target = join(build, basename(built));
    await rename(built, target);
    return target;
  }

  /** Runs a command of the operator's and shows it, so that a person can do the same. */
  async #operator(name: CommandName, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
    const shown = args.map((arg) => (existsSync(arg) ? shortest(arg) : arg)).join(' ');
    this.#parts.say(`    $ npx ${name} ${shown}`);
    await runCommandLine(name, args, { env });
  }

  async #writeEnvironment(platform: RunningPlatform): Promise<NodeJS.ProcessEnv> {
    const own = {
      ...operatorVariables(platform),
      GWE_HOME: join(this.#options.state, 'gateway'),
      GWE_KEYS: join(this.#options.state, 'keys'),
      // A developer keeps it elsewhere; the keys of a demo need no secret.
      GWE_KEY_PASSPHRASE: 'the passphrase of the demo',
    };
    const lines = Object.entries(own).map(
      ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    );
    await writeDurably(join(this.#options.state, 'env'), `${lines.join('\n')}\n`, { mode: 0o600 });
    return { ...process.env, ...own };
  }

  #showWhatNext(platform: RunningPlatform): void {
    const env = this.#shown('env');
    const log = this.#shown(join('gateway', 'log', `${app}.log`));
    for (const line of [
      '',
      `  Page       ${platform.url}`,
      `  Log in     ${platform.administrator.username}  /  ${platform.administrator.password}`,
      '',
      '  Try next, in another terminal:',
      '',
      `    . ${env}`,
      `    npx gwe-platform deploy ${product} ${sn} ${app}.v2.tar.gz   # version 2, over the air`,
      `    npx gwe-platform device read ${product} ${sn} fetch_status    # what its installer said`,
      `    npx gwe-platform device history ${product} ${sn} sine-data`,
      `    tail -f ${log}             # the application's log`,
      `    npx gwe-supervisorctl stop ${app}                    # stop the application`,
      '',
      '  Ctrl-C stops everything; the next npm start goes on from here, npm start -- --fresh begins anew.',
      '',
    ]) {
      this.#parts.say(line);
    }
  }

  #processParts() {
    return {
      clock: this.#parts.clock,
      onPid: (pid: number) => this.#record.add(pid),
      onRestart: (line: string) => this.#parts.say(`  ${line}`),
    };
  }

  async #wait(what: string, timeoutMs: number, question: () => Promise<boolean>): Promise<void> {
    const logs = `logs are in ${this.#shown('log')} and ${this.#shown('gateway/log')}`;
    await waitFor(
      `${what} (${logs})`,
      timeoutMs,
      this.#parts.clock,
      async () => this.#stopping || (await question()),
    );
    this.#goOn();
  }

  #step(line: string): void {
    this.#goOn();
    this.#parts.say(`  ✓ ${line}`);
  }

  /** Ends `start` at its next step once somebody asked to stop. */
  #goOn(): void {
    if (this.#stopping) throw new Error('stopped before the demo was ready');
  }

  #shown(name: string): string {
    return shortest(join(this.#options.state, name));
  }
}

async function makeStateFolder(state: string): Promise<void> {
  const another = 'give another folder with npm start -- --state DIR';
  try {
    await makeDirectory(state);
    await access(state, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`cannot keep the demo's state in ${state}; ${another}`, { cause });
  }
}

/** A path as a person in the repository would type it. */
function shortest(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function mentions(json: string, key: string, value: string): boolean {
  return JSON.stringify(JSON.parse(json)).includes(`"${key}":${JSON.stringify(value)}`);
}

function areSigned(contentList: string, names: readonly string[]): boolean {
  const { content } = JSON.parse(contentList) as { content: { id: string; signed: boolean }[] };
  return names.every((name) => content.some(({ id, signed }) => id === name && signed));
}

function isRunning(report: string | undefined, name: string): boolean {
  if (report === undefined) return false;
  const parsed = JSON.parse(report) as { apps?: Record<string, { status?: string }>[] };
  return (parsed.apps ?? []).some((entry) => entry[name]?.status === 'RUNNING');
}
