import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operatorVariables } from '@gateway-engine/demo';
import { setIniOption, systemClock, wholeSeconds } from '@gateway-engine/host';
import { AdminClient } from '@gateway-engine/platform/admin-client';
import { waitUntil } from '@gateway-engine/testkit';
import { product, System, sn } from '../../../e2e/src/system.ts';
import { makeTarball, script } from '../../../e2e/src/tarballs.ts';
import { checkPackage } from '../../../packages/gateway-engine/src/developer/checked-package.ts';
import { createKeys } from '../../../packages/gateway-engine/src/developer/create-keys.ts';
import { KeyFolder } from '../../../packages/gateway-engine/src/developer/key-folder.ts';
import { PlatformTrust } from '../../../packages/gateway-engine/src/developer/platform-trust.ts';
import { publishTarballs } from '../../../packages/gateway-engine/src/developer/publish-tarballs.ts';
import { compare, print } from '../result.ts';

const app = 'bench-app';
/** Of `supervisor.conf`, which leaves it out: a program is RUNNING when it has stayed up for so long. */
const startSeconds = 1;

/** From the publication of a signed package of 1 MB until its program is RUNNING on a gateway that waits by long poll. */
export async function publishing(folder: string, rounds: number): Promise<void> {
  await using system = await System.start();
  const config = join(system.home, 'etc', 'Engine.config');
  writeFileSync(config, setIniOption(readFileSync(config, 'utf8'), 'ota', 'probation_secs', '1'));
  await system.killProgram('gwe');
  const { GWE_PLATFORM_URL: url = '', GWE_PLATFORM_TOKEN: token = '' } = operatorVariables(system.platform);
  const client = new AdminClient({ url: new URL(url), token });
  process.env.GWE_KEY_PASSPHRASE = 'of a benchmark';
  const parts = {
    // The time that a passphrase takes on purpose is no part of this.
    folder: new KeyFolder(join(folder, 'keys'), product, 2 ** 10),
    platform: new PlatformTrust(client, product),
    ask: async () => 'of a benchmark',
    now: wholeSeconds(systemClock),
  };
  await createKeys(parts, 1);

  // Written in hexadecimal, 1 MB.
  const manual = randomBytes(500_000);
  const whole: number[] = [];
  const instructed: number[] = [];
  const installers: number[] = [];
  for (let version = 0; version <= rounds; version++) {
    manual.write(`this is version ${version}`);
    const tarball = makePackage(folder, version, manual);
    const checked = await checkPackage(tarball);
    await system.operator('device', 'write', product, sn, 'fetch_status', '');
    // The long poll is open again.
    await sleep(2_000);
    const before = version === 0 ? 0 : (await system.running(app)).pid;
    const begun = performance.now();
    const publication = { packages: [checked], downgradeFrom: undefined, withdraw: [] };
    await publishTarballs({ ...parts, terminal: process.stderr }, publication);
    const published = performance.now();
    const anything = { parse: (value: unknown) => value };
    const route = ['products', product, 'devices', sn, 'deploy'];
    await client.post(anything, route, { install: [`${app}.v${version}.tar.gz`] });
    await waitUntil(
      'the new version',
      async () => {
        const { statename, pid } = await system.supervisor.getProcessInfo(app);
        return statename === 'RUNNING' && pid !== before;
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );
    const running = performance.now();
    await waitUntil('its commit', async () => (await system.value('fetch_status')) || undefined, {
      timeoutMs: 60_000,
    });
    // The first one is another thing: nothing was there before.
    if (version === 0) continue;
    whole.push((running - begun) / 1000);
    instructed.push((running - published) / 1000);
    installers.push(Number(readFileSync(join(system.home, 'installer-ms'), 'utf8')) / 1000);
  }
  const metric = 'seconds from publish to RUNNING, 1 MB';
  const what = { bench: 'ota', unit: 's', peer: '' };
  print(compare({ ...what, metric, goal: 'median <= 1.5 s' }, whole, [], (median) => median <= 1.5));
  const stated = (name: string, figures: readonly number[]) =>
    print(compare({ ...what, metric: name, goal: 'stated' }, figures, [], () => true));
  stated('of these, from the instruction on', instructed);
  stated(
    'of these, beyond install.sh and startsecs',
    whole.map((all, at) => all - startSeconds - (installers[at] ?? 0)),
  );
}

function makePackage(folder: string, version: number, manual: Buffer): string {
  const clock = 'date +%s%N';
  return makeTarball(folder, `${app}.v${version}.tar.gz`, [
    script(
      'install.sh',
      `begun=$(${clock})`,
      'mkdir -p "$GWE_HOME/bench"',
      'cp manual.txt "$GWE_HOME/bench"',
      `echo $(( ($(${clock}) - begun) / 1000000 )) > "$GWE_HOME/installer-ms"`,
    ),
    { path: 'manual.txt', content: manual.toString('hex') },
    {
      path: 'supervisor.conf',
      content: `[supervisord]\ncommand = /bin/sleep 10000${version}\n`,
    },
  ]);
}
