import { UsageError } from '@gateway-engine/host';
import { Command } from 'commander';
import { isThere } from '../ota/package-files.ts';
import { canBeStopped } from '../ota/plan.ts';
import { subjectOf } from '../ota/subject.ts';
import { gweCommand } from './gwe-command.ts';
import { LocalInstalls } from './local-installs.ts';

const examples = `
Example:
  gwe rollback load-reporter    runs the version before again

A new version that is still on probation is taken back; otherwise the version before is installed again from the
package that is kept of it. A second rollback leads back to the later version.`;

/** `gwe rollback APP`: back to the version before. */
export const rollbackCommand = gweCommand((layout, console) =>
  new Command('gwe rollback')
    .description('run the version before of an application again')
    .argument('<app>', 'name of the application')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .option('--json', 'print the outcome as JSON')
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const local = await LocalInstalls.open(layout, console, { json });
      try {
        await rollBack(name, local);
      } finally {
        const [outcome] = local.outcomes;
        if (json && outcome) console.out(JSON.stringify(outcome, null, 2));
        local.close();
      }
    }),
);

async function rollBack(name: string, local: LocalInstalls): Promise<void> {
  const { journal, files } = local;
  const underWay = journal
    .unfinished()
    .find((install) => subjectOf(install) === name && canBeStopped(install.state));
  if (underWay) {
    journal.requestStop(underWay, 'taken back by hand');
    const { state } = await local.carryOut(underWay);
    if (state === 'committed') throw new UsageError(`${underWay.tarball} was installed meanwhile; try again`);
    return;
  }
  const app = journal.app(name);
  if (!app) throw new UsageError(`${name} is not installed; gwe status lists what is`);
  if (app.previous === null) throw new UsageError(`${name} has no version before ${app.version}`);
  const file = files.kept(name, app.previous);
  if (!(await isThere(file))) {
    throw new UsageError(`the package of version ${app.previous} is not kept here; install it again`);
  }
  const { state } = await local.carryOut(journal.add('kept', files.keptName(name, app.previous), file));
  if (state !== 'committed') throw new UsageError(`${name} stays at version ${app.version}`);
}
