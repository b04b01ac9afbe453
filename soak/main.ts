import { runCommand } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { machine } from '../bench/src/machine.ts';
import { changeMarkedText, tableRow } from '../bench/src/marked-text.ts';
import { compileQueue } from '../bench/src/queues.ts';
import type { FaultReport } from '../e2e/src/faults/fault.ts';
import { parsePlan, type SoakPlan } from './plan.ts';
import { type Soak, soaks } from './soaks.ts';

const page = new URL('../docs/reliability.md', import.meta.url);

/**
 * `npm run soak -- NAME [ROUNDS]` runs one fault of the fault suite whole, on a queue compiled as gateways get it, and
 * prints its report as a JSON line. `--node` runs the queue from its sources, `--seed` repeats a run, `--keep` notes the
 * result on the page. Exit code 1: something was lost, doubled or set aside.
 */
await runCommand('soak', async () => {
  const plan = parsePlan(process.argv.slice(2));
  if (plan === 'list') {
    for (const each of Object.keys(soaks)) process.stdout.write(`${each}\n`);
    return;
  }
  const soak = soaks[plan.name];
  if (!soak) throw new Error(`no soak ${plan.name}`);
  const { report, seconds } = await runSoak(plan, soak);
  const runtime = plan.node ? 'Node.js' : 'compiled';
  process.stdout.write(
    `${JSON.stringify({ soak: plan.name, seed: plan.seed, runtime, ...report, seconds })}\n`,
  );
  if (plan.keep) await keep(plan.name, soak, report, `${seconds} s, ${runtime}, ${machine()}`);
  const wrong = report.lost + report.duplicated + report.unexplained + report.setAside;
  if (wrong + report.examples.length > 0)
    throw new Error(`not as it should be: ${report.examples.join('; ')}`);
});

async function runSoak(plan: SoakPlan, soak: Soak): Promise<{ report: FaultReport; seconds: number }> {
  await using tools = await temporaryFolder();
  const gmq = plan.node ? undefined : [compileQueue(tools.path)];
  const began = performance.now();
  const report = await soak.run({ rounds: plan.rounds, seed: plan.seed, gmq });
  return { report, seconds: Math.round((performance.now() - began) / 1000) };
}

/** One row for each soak, the last one that was kept. */
async function keep(name: string, soak: Soak, report: FaultReport, where: string): Promise<void> {
  const { rounds, acknowledged, lost, duplicated } = report;
  const row = tableRow([
    `\`${name}\``,
    `${rounds.toLocaleString('en')} ${soak.unit}`,
    acknowledged.toLocaleString('en'),
    lost,
    duplicated,
    where,
  ]);
  await changeMarkedText(page, 'soak', (before) => {
    const others = before.split(/(?<=\n)/).filter((line) => !line.startsWith(`| \`${name}\` |`));
    return others.join('') + row;
  });
}
