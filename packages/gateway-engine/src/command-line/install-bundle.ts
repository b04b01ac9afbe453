import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readGatewayCfg } from '@gateway-engine/device-client';
import { describeError, UsageError } from '@gateway-engine/host';
import { Command } from 'commander';
import { mostPackages } from '../bundle/bundle-form.ts';
import { type OpenBundle, openBundle } from '../bundle/open-bundle.ts';
import type { HomeLayout } from '../home/layout.ts';
import { folderSource } from '../trust/folder-source.ts';
import { TrustError } from '../trust/update-trust.ts';
import type { Console } from './configure.ts';
import { gweCommand } from './gwe-command.ts';
import { LocalInstalls } from './local-installs.ts';

const examples = `
Example:
  gwe install /media/usb/pump-2026-11.bundle.tar.gz

No network is needed: the bundle has the signed metadata with it. The platform is told when there is a network again.
A tarball by itself is installed by gwe --install-apps.`;

/** `gwe install BUNDLE`: installs what a bundle brings, by the same trust and the same steps as over the air. */
export const installCommand = gweCommand((layout, console) =>
  new Command('gwe install')
    .description('install the applications of a bundle, which gwe bundle has made')
    .argument('<bundle>', 'file of the bundle')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .option('--json', 'print the outcomes as JSON')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      await installBundle(resolve(file), layout, console, json);
    }),
);

async function installBundle(
  file: string,
  layout: HomeLayout,
  console: Console,
  json: boolean,
): Promise<void> {
  const local = await LocalInstalls.open(layout, console, { json });
  let bundle: OpenBundle | undefined;
  try {
    await forgetEarlier(local, layout);
    bundle = await openBundle(file, layout.bundles);
    await mustBeOurs(bundle, file, layout);
    await local.adopt(folderSource(bundle.metadata));
    const installs = local.journal.addFiles(`bundle ${basename(file)}`, bundle.packages);
    const ended = await local.carryOutAll(installs);
    if (json) console.out(JSON.stringify(local.outcomes, null, 2));
    const refused = ended.filter(({ state }) => state !== 'committed').map(({ tarball }) => tarball);
    if (refused.length > 0) throw new UsageError(`not installed: ${refused.join(', ')}`);
  } catch (error) {
    if (error instanceof TrustError) {
      throw new UsageError(`${file} is refused: ${describeError(error)}`, { cause: error });
    }
    throw error;
  } finally {
    // What is not over needs its files; the engine goes on with it, and the next bundle removes them.
    if (!local.hasFileInstalls) await bundle?.remove();
    local.close();
  }
}

async function mustBeOurs(bundle: OpenBundle, file: string, layout: HomeLayout): Promise<void> {
  const { model } = await readGatewayCfg(layout.gatewayCfg);
  if (model !== bundle.product) {
    await bundle.remove();
    throw new UsageError(`${file} is for product ${bundle.product}, and this gateway is one of ${model}`);
  }
  if (bundle.packages.length === 0) throw new UsageError(`${file} has no packages in it`);
  if (bundle.packages.length > mostPackages) {
    await bundle.remove();
    throw new UsageError(`${file} has more than ${mostPackages} packages; make several bundles of them`);
  }
}

/** Bundles whose installation was cut off, unless it still goes on. */
async function forgetEarlier(local: LocalInstalls, layout: HomeLayout): Promise<void> {
  if (!local.hasFileInstalls) await rm(layout.bundles, { recursive: true, force: true });
}
