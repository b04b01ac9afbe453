import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { commandLine } from '@gateway-engine/demo';
import { runToEnd, silentLogger } from '@gateway-engine/host';
import { serve } from '@gateway-engine/platform';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { examplesOf, shellScript } from '../src/documented-examples.ts';
import { root } from '../src/system.ts';

const ownExamples = (page: string) => examplesOf(page).filter(({ ownGateway }) => ownGateway);
const pages = globSync('*.md', { cwd: join(root, 'docs') })
  .filter((page) => ownExamples(page).length > 0)
  .sort();

/** An interface that this machine has, in place of the reader's, with its address as it stands in a serial number. */
async function someInterface(): Promise<{ name: string; mac: string }> {
  const names = await readdir('/sys/class/net');
  const name = names.find((each) => each === 'eth0') ?? names.find((each) => each !== 'lo') ?? 'lo';
  const address = await readFile(`/sys/class/net/${name}/address`, 'utf8');
  return { name, mac: address.trim().toUpperCase() };
}

test.each(pages)('what docs/%s tells to make a gateway of a machine does so', async (page) => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const name of ['bin', 'desk']) await mkdir(at(name));
  for (const name of ['gwe', 'gwe-platform'] as const) {
    const words = commandLine(name).map((word) => `'${word}'`);
    await writeFile(join(at('bin'), name), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  }
  const platform = await serve({
    dataDirectory: at('platform'),
    listen: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
  });
  try {
    const { token } = JSON.parse(await readFile(join(at('platform'), 'admin.json'), 'utf8')) as {
      token: string;
    };
    const environment = {
      ...process.env,
      GWE_HOME: at('home'),
      GWE_PLATFORM_URL: platform.url,
      GWE_PLATFORM_TOKEN: token,
      PATH: [at('bin'), process.env.PATH].join(delimiter),
    };
    const run = async (script: string) => {
      const { exitCode, output } = await runToEnd('bash', ['-ec', script], {
        env: environment,
        cwd: at('desk'),
        timeoutMs: 60_000,
      });
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    };
    const { name, mac } = await someInterface();
    const script = shellScript(ownExamples(page))
      .replaceAll(/https?:\/\/(gateways\.example\.com|192\.168\.0\.10:8080)/g, platform.url)
      .replaceAll('eth0', name);
    // A page that does not make the product speaks of one that is there.
    if (!script.includes('product create weather')) {
      await run(`gwe-platform product create weather && gwe-platform device add weather roof-1`);
      await run(`gwe-platform device add weather '${mac}'`);
    }
    const buildFile = JSON.stringify({ name: 'coffee_reporter', version: '1', includes: ['install.sh'] });
    await writeFile(join(at('desk'), 'install.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await writeFile(join(at('desk'), 'gwe-buildfile.json'), buildFile);
    await run('gwe --build-app gwe-buildfile.json');
    await run(script);
  } finally {
    await platform.stop();
  }
});
