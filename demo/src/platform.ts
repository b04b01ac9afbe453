import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@gateway-engine/host';
import { commandLine } from './commands.ts';
import { KeptProcess } from './kept-process.ts';
import { waitFor } from './wait-for.ts';

export interface Administrator {
  readonly username: string;
  readonly password: string;
  /** Bearer token of the admin API. */
  readonly token: string;
}

export interface RunningPlatform {
  readonly url: string;
  readonly administrator: Administrator;
  readonly process: KeptProcess;
}

/** What the operator's commands need in their environment to work on this platform. */
export function operatorVariables({ url, administrator }: RunningPlatform) {
  return { GWE_PLATFORM_URL: url, GWE_PLATFORM_TOKEN: administrator.token };
}

/** Starts a platform process on an embedded database in `data` and waits until it answers. */
export async function startPlatform(
  where: { data: string; port: number; pages: string; logFile: string },
  parts: { clock: Clock; onPid: (pid: number) => void; onRestart: (line: string) => void },
): Promise<RunningPlatform> {
  const url = `http://127.0.0.1:${where.port}`;
  const process = new KeptProcess(
    {
      name: 'the platform',
      command: [
        ...commandLine('gwe-platform'),
        'serve',
        ...['--data', where.data, '--listen', `127.0.0.1:${where.port}`, '--pages', where.pages],
      ],
      logFile: where.logFile,
      ready: () =>
        waitFor(`the platform at ${url}`, 30_000, parts.clock, async () => {
          const answer = await fetch(`${url}/timestamp`, { signal: AbortSignal.timeout(2_000) });
          return answer.ok;
        }),
    },
    parts,
  );
  await process.start();
  const administrator = JSON.parse(await readFile(join(where.data, 'admin.json'), 'utf8')) as Administrator;
  return { url, administrator, process };
}
