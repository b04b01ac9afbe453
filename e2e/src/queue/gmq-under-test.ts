import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { formatIni, runToEnd } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';

export interface GmqPlan {
  /** GWE_HOME, a folder of its own. */
  readonly home: string;
  /** Words that start `gmq`. */
  readonly command: readonly string[];
  /** Base URL of the platform. */
  readonly platform: string;
  /** Sections of gmq.cfg beside or above the ones that tests need. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** What is looked at of `gmq status --json`. */
interface ToldStatus {
  readonly deadLetters: number;
  readonly corruptedFiles: readonly string[];
  readonly identities: readonly {
    readonly serial: string | null;
    readonly cik: string | null;
    readonly waiting: number;
  }[];
}

/** A `gmq` process that can be killed and started again, without a supervisor that would do it in its own time. */
export class GmqUnderTest implements AsyncDisposable {
  readonly port: number;
  /** What it has written to standard error, the last 100,000 characters of it. */
  log = '';
  readonly #plan: GmqPlan;
  #child: ChildProcess | undefined;

  private constructor(plan: GmqPlan, port: number) {
    this.#plan = plan;
    this.port = port;
  }

  static async start(plan: GmqPlan): Promise<GmqUnderTest> {
    const gmq = new GmqUnderTest(plan, await freePort());
    const sections: Record<string, Readonly<Record<string, string>>> = {
      server: { listen: `127.0.0.1:${gmq.port}` },
      platform: { server: plan.platform },
      unq: { batch_record_period: '0.2', retry_maximum: '1', activation_retry_interval: '1' },
    };
    for (const [name, options] of Object.entries(plan.settings ?? {})) {
      sections[name] = { ...sections[name], ...options };
    }
    const etc = join(plan.home, 'etc');
    await mkdir(etc, { recursive: true });
    const text = formatIni(
      Object.entries(sections).map(([name, options]) => [name, Object.entries(options)]),
    );
    await writeFile(join(etc, 'gmq.cfg'), text);
    gmq.spawn();
    await gmq.listens();
    return gmq;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('gmq was not started');
    return pid;
  }

  get runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it without waiting for anything. */
  spawn(): void {
    const [command = '', ...args] = this.#plan.command;
    const child = spawn(command, args, { env: this.#environment(), stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-100_000);
    });
    this.#child = child;
  }

  /** Resolves when it takes connections. */
  async listens(timeoutMs = 30_000): Promise<void> {
    const open = () =>
      new Promise<boolean>((resolve) => {
        if (!this.runs) throw new Error(`gmq ended by itself: ${this.log.slice(-2000)}`);
        const socket = connect(this.port, '127.0.0.1', () => resolve(true));
        socket.on('error', () => resolve(false));
        socket.on('close', () => resolve(false));
        socket.end();
      });
    await waitUntil('gmq to listen', open, { timeoutMs, everyMs: 5 });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.runs) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** `gmq status --json`. */
  async status(): Promise<ToldStatus> {
    return JSON.parse(await this.run('status', '--json'));
  }

  /** Runs `gmq ARGS` on the same home and gives its output. Throws when it fails. */
  async run(...args: string[]): Promise<string> {
    const [command = '', ...words] = this.#plan.command;
    const result = await runToEnd(command, [...words, ...args], {
      env: this.#environment(),
      timeoutMs: 60_000,
      maxOutputBytes: 4 * 1024 * 1024,
    });
    if (result.exitCode !== 0) throw new Error(`gmq ${args.join(' ')} failed: ${result.output}`);
    return result.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, GWE_HOME: this.#plan.home, ...this.#plan.env };
  }
}
