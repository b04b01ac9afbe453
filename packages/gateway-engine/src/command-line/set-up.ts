import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readTextIfPresent, UsageError } from '@gateway-engine/host';
import { SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import { Command } from 'commander';
import { EngineProcesses } from '../self-update/engine-processes.ts';
import { setUpEngine } from '../self-update/install-engine.ts';
import { enginePrograms } from '../self-update/start-script.ts';
import { version } from '../version.ts';
import { gweCommand } from './gwe-command.ts';

const examples = `
Example:
  gwe set-up /opt/gateway-engine/release    what install.sh of a release package does

Configuration, identity, queue and applications are kept, and so is the version before. What runs of the engine is started
again from the new version; applications go on.`;

/** `gwe set-up FOLDER`: puts the engine of an unpacked release package into the home. */
export const setUpCommand = gweCommand((layout, console) =>
  new Command('gwe set-up')
    .description('put the engine of an unpacked release package into the home (GWE_HOME)')
    .argument('<folder>', 'folder of the package: the one that has install.sh and bin/')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .action(async (given: string) => {
      const folder = resolve(given);
      await mustHavePrograms(folder);
      const release = await releaseOf(folder);
      const before = await setUpEngine(layout.root, folder, release).catch((cause) => {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
        const message = `there is no room for version ${release} in ${layout.root}; make some and install it again; what is installed goes on`;
        throw new UsageError(message, { cause });
      });
      const from = before === undefined || before === release ? '' : `; before: version ${before}`;
      console.out(`version ${release} of the engine is in ${layout.root}${from}`);
      const supervisor = new SupervisorClient(`unix://${layout.supervisorSocket}`);
      try {
        await new EngineProcesses(supervisor).bringTo(release, () => undefined);
        console.out('the engine and its queue run from it; applications went on');
      } catch (error) {
        // In a new home, or while the service is stopped.
        if (!(error instanceof SupervisorUnreachable)) throw error;
      }
    }),
);

async function mustHavePrograms(folder: string): Promise<void> {
  for (const name of enginePrograms) {
    const file = join(folder, 'bin', name);
    await access(file).catch((cause) => {
      throw new UsageError(`${folder} is no release package of the engine: ${file} is missing`, { cause });
    });
  }
}

/** As in the name of the package, which is also what an update over the air is called by: `VERSION-TARGET`. */
async function releaseOf(folder: string): Promise<string> {
  const target = (await readTextIfPresent(join(folder, 'target')))?.trim();
  return target ? `${version}-${target}` : version;
}
