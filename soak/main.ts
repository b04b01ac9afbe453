import { runCommand } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { compileCommand } from '../bench/src/executables.ts';
import { machine } from '../bench/src/machine.ts';
import { changeMarkedText, tableRow } from '../bench/src/marked-text.ts';
import { parsePlan, type SoakPlan } from './plan.ts';
import { type Soak, type SoakOutcome, soaks } from './soaks.ts';

const page = new URL('../docs/reliability.md', import.meta.url);

/**
 * `npm run soak -- NAME [ROUNDS]` runs one fault of the fault suite whole, on a queue compiled as gateways get it if it
 * has one, and prints its report as a JSON line. `--node` runs the queue from its sources, `--seed` repeats a run,
 * `--keep` notes the result on the page. Exit code 1: something is not as it should be.
 */
await runCommand('soak', async () => {
  const plan = parsePlan(process.argv.slice(2));
  if (plan === 'list') {
    for (const each of Object.keys(soaks)) process.stdout.write(`${each}\n`);
    return;
  }
  const soak = soaks[plan.name];
  if (!soak) throw new Error(`no soak ${plan.name}`);
  const { outcome, seconds } = await runSoak(plan, soak);
  const runtime = isCompiled(plan, soak) ? 'compiled' : 'Node.js';
  process.stdout.write(
    `${JSON.stringify({ soak: plan.name, seed: plan.seed, runtime, ...outcome.report, seconds })}\n`,
  );
  if (plan.keep) await keep(plan.name, soak, outcome, `${seconds} s, ${runtime}, ${machine()}`);
  if (outcome.wrong > 0) throw new Error(`not as it should be: ${outcome.examples.join('; ')}`);
});

async function runSoak(plan: SoakPlan, soak: Soak): Promise<{ outcome: SoakOutcome; seconds: number }> {
  await using tools = await temporaryFolder();
  const gmq = isCompiled(plan, soak) ? [compileCommand(tools.path, 'gmq')] : undefined;
  const began = performance.now();
  const outcome = await soak.run({ rounds: plan.rounds, seed: plan.seed, gmq });
  return { outcome, seconds: Math.round((performance.now() - began) / 1000) };
}

function isCompiled(plan: SoakPlan, soak: Soak): boolean {
  return soak.queue === 'compiled' && !plan.node;
}

/** One row for each soak, the last one that was kept. */
async function keep(
  name: string,
  soak: Soak,
  { report, figures }: SoakOutcome,
  where: string,
): Promise<void> {
  const rounds = `${report.rounds.toLocaleString('en')} ${soak.unit}`;
  const row = tableRow([`\`${name}\``, rounds, ...figures, where]);
  await changeMarkedText(page, soak.table, (before) => {
    const others = before.split(/(?<=\n)/).filter((line) => !line.startsWith(`| \`${name}\` |`));
    return others.join('') + row;
  });
}
