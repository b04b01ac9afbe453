import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type FinishedProcess, runToEnd } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface RunningPlatform extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly token: string;
  /** Runs `gwe-platform ARGS` as a process, with the address and the token in its environment. */
  command(...args: string[]): Promise<FinishedProcess>;
}

/** A real `gwe-platform serve` process on a free port. */
export async function runPlatform(): Promise<RunningPlatform> {
  const folder = await temporaryFolder();
  const data = `${folder.path}/data`;
  const server = spawn(process.execPath, [main, 'serve', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await listeningAddress(server);
  const { token } = JSON.parse(await readFile(`${data}/admin.json`, 'utf8'));
  return {
    url,
    folder: folder.path,
    token,
    command: (...args) => gwePlatform({ GWE_PLATFORM_URL: url, GWE_PLATFORM_TOKEN: token }, ...args),
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Runs `gwe-platform ARGS` to its end. */
export function gwePlatform(variables: Record<string, string>, ...args: string[]): Promise<FinishedProcess> {
  const { GWE_PLATFORM_URL: _, GWE_PLATFORM_TOKEN: __, ...inherited } = process.env;
  return runToEnd(process.execPath, [main, ...args], {
    env: { ...inherited, ...variables },
    maxOutputBytes: 16 * 1024 * 1024,
    timeoutMs: 20_000,
  });
}

async function listeningAddress(server: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of server.stdout ?? []) {
    text += chunk;
    const url = /listening on (\S+)\n/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the platform ended before it listened: ${text}`);
}
