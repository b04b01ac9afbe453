import { problemOfAppName } from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { Command } from 'commander';
import { gweCommand } from './gwe-command.ts';
import { LocalInstalls } from './local-installs.ts';

const examples = `
Example:
  gwe remove load-reporter    stops it, runs its uninstall.sh, and removes its packages

Its data folder and its configuration values stay. From afar: {"remove": ["load-reporter"]} in engine_fetch.`;

/** `gwe remove APP`: takes an application from this gateway. */
export const removeCommand = gweCommand((layout, console) =>
  new Command('gwe remove')
    .description('remove an application from this gateway')
    .argument('<app>', 'name of the application')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .option('--json', 'print the outcome as JSON')
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const problem = problemOfAppName(name);
      if (problem !== undefined) throw new UsageError(`${name}: ${problem}`);
      const local = await LocalInstalls.open(layout, console, { json });
      try {
        const { state } = await local.carryOut(local.journal.add('removal', name));
        if (json) console.out(JSON.stringify(local.outcomes[0], null, 2));
        if (state !== 'committed') throw new UsageError(`${name} was not removed`);
      } finally {
        local.close();
      }
    }),
);
