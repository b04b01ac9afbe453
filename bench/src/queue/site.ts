import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { operatorVariables, type RunningPlatform, runCommandLine, startPlatform } from '@gateway-engine/demo';
import { DeviceClient } from '@gateway-engine/device-client';
import { systemClock } from '@gateway-engine/host';
import { freePort } from '@gateway-engine/testkit';

export const product = 'bench';

/** A platform of our own, in a folder, that knows devices with these resources. */
export async function startBenchPlatform(
  folder: string,
  serials: readonly string[],
  resources: readonly string[],
): Promise<RunningPlatform & AsyncDisposable> {
  mkdirSync(folder, { recursive: true });
  const platform = await startPlatform(
    {
      data: join(folder, 'platform'),
      port: await freePort(),
      pages: join(folder, 'no-pages'),
      logFile: join(folder, 'platform.log'),
    },
    { clock: systemClock, onPid: () => {}, onRestart: () => {} },
  );
  const operator = (...args: string[]) =>
    runCommandLine('gwe-platform', args, { env: { ...process.env, ...operatorVariables(platform) } });
  await operator('product', 'create', product, ...resources.flatMap((each) => ['--resource', each]));
  for (const sn of serials) await operator('device', 'add', product, sn);
  return { ...platform, [Symbol.asyncDispose]: () => platform.process.stop() };
}

/** Activates a device and gives its key. */
export async function keyOf(platform: RunningPlatform, serial: string): Promise<string> {
  const client = new DeviceClient({ server: platform.url, accounting: false });
  try {
    return await client.activate({ vendor: product, model: product, serial });
  } finally {
    client.close();
  }
}
