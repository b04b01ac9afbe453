import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, waitUntil } from '@gateway-engine/testkit';
import mqtt from 'mqtt';

/** Who may connect. */
export const account = { username: 'bridge', password: "it's a % secret" } as const;

/** Debian's MQTT broker, on a free port of 127.0.0.1; it wants a password. */
export class Mosquitto implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(folder: string): Promise<Mosquitto> {
    const port = await freePort();
    const file = join(folder, 'mosquitto.conf');
    const passwords = join(folder, 'mosquitto.passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, account.username, account.password]);
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous false', `password_file ${passwords}`];
    // Else it becomes a user that cannot read in a folder of root's.
    if (process.getuid?.() === 0) lines.push('user root');
    await writeFile(file, `${lines.join('\n')}\n`);
    const command = '/usr/sbin/mosquitto';
    const broker = new Mosquitto(
      `mqtt://127.0.0.1:${port}`,
      spawn(command, ['-c', file], { stdio: 'ignore' }),
    );
    broker.#process.once('error', (cause) => {
      throw new Error(`cannot start ${command}; install Debian's package mosquitto`, { cause });
    });
    await waitUntil('the broker', async () => {
      const client = await mqtt.connectAsync(broker.url, { ...account, reconnectPeriod: 0 });
      await client.endAsync();
      return true;
    });
    return broker;
  }

  /** Publishes a message as a sensor does; resolves when the broker has it. */
  async publish(topic: string, payload: string): Promise<void> {
    const sensor = await mqtt.connectAsync(this.url, account);
    await sensor.publishAsync(topic, payload, { qos: 1 });
    await sensor.endAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.pid === undefined) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
