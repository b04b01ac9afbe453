import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { headers } from '@gateway-engine/device-api';
import { formatIni } from '@gateway-engine/host';
import { freePort, waitUntil } from '@gateway-engine/testkit';

const entry = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A real gmq process with a home of its own. */
export class GmqProcess implements AsyncDisposable {
  readonly home: string;
  readonly port: number;
  log = '';
  #child: ChildProcess | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  private constructor(home: string, port: number) {
    this.home = home;
    this.port = port;
  }

  static async start(
    home: string,
    platform: string,
    options: Record<string, string> = {},
    sections: Record<string, Record<string, string>> = {},
  ): Promise<GmqProcess> {
    const gmq = new GmqProcess(home, await freePort());
    await gmq.configure(platform, options, sections);
    await gmq.start();
    return gmq;
  }

  /** `options` are those of `[unq]`; `sections` are further ones. */
  async configure(
    platform: string,
    options: Record<string, string> = {},
    sections: Record<string, Record<string, string>> = {},
  ): Promise<void> {
    await mkdir(join(this.home, 'etc'), { recursive: true });
    const unq = {
      batch_record_period: '0.2',
      retry_maximum: '1',
      activation_retry_interval: '1',
      ...options,
    };
    const text = formatIni([
      ['server', [['listen', `127.0.0.1:${this.port}`]]],
      ['platform', [['server', platform]]],
      ['unq', Object.entries(unq)],
      ...Object.entries(sections).map(([title, values]): [string, [string, string][]] => [
        title,
        Object.entries(values),
      ]),
    ]);
    await writeFile(join(this.home, 'etc', 'gmq.cfg'), text);
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [entry], {
      env: { ...process.env, GWE_HOME: this.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    await waitUntil('gmq to listen', async () => {
      if (child.exitCode !== null) throw new Error(`gmq ended: ${this.log}`);
      return (await this.send('GET', '/').catch(() => undefined))?.status === 404;
    });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = await exited;
    return code as number | null;
  }

  /** Runs `gmq ARGS` against this home. */
  async command(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, GWE_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = await once(child, 'close');
    return { code: code as number | null, stdout, stderr };
  }

  send(method: string, path: string, body = '', extra: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: this.port, method, path, headers: extra, agent: this.#agent },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1');
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
          answer.on('error', reject);
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  /** A write for the bearer of a key. */
  async write(cik: string, body: string): Promise<number> {
    return (await this.send('POST', '/onep:v1/stack/alias', body, { [headers.cik]: cik })).status;
  }

  async record(cik: string, body: string): Promise<number> {
    return (await this.send('POST', '/onep:v1/stack/record', body, { [headers.cik]: cik })).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.end('SIGKILL');
  }
}
