import { formatAmount } from '@gateway-engine/device-client';
import { systemClock } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import { Command } from 'commander';
import { type GatewayStatus, gatewayStatus } from '../budget/status.ts';
import type { BudgetUse, LimitUse } from '../budget/use.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { Console } from './configure.ts';
import { gweCommand } from './gwe-command.ts';

/** `gwe status`, another word for `gwe --status`. */
export const statusCommand = gweCommand((layout, console) =>
  withExamples(
    new Command('gwe status')
      .description('show the use of the network, the byte budget, what is installed and what waits')
      .option('--json', 'as JSON')
      .action(async ({ json = false }: { json?: boolean }) => await showStatus(layout, json, console)),
    [['gwe status'], ['gwe status --json', 'for programs']],
  ),
);

/** Prints the state of the gateway. */
export async function showStatus(layout: HomeLayout, asJson: boolean, console: Console): Promise<void> {
  const status = await gatewayStatus(layout, systemClock, (message) => console.err(message));
  console.out(asJson ? JSON.stringify(status, undefined, 2) : formatStatus(status));
}

/** What is held back when a class waits. */
const heldBack: Readonly<Record<string, string>> = {
  control: 'reports and long polls; the gateway asks for work once an hour',
  data: 'uploads of the queue',
  update: 'downloads',
  log: 'logs',
};

export function formatStatus(status: GatewayStatus): string {
  const { version, engine, accounts, interfaces, budget, ota, apps, installs, refused, untold } = status;
  const lines = [
    `engine     ${version}, ${engine === null ? 'does not run' : `runs as process ${engine}`}`,
    `accounts   ${accounts ?? 'none are kept (GWE_TRAFFIC_DB is empty)'}`,
    `updates    ${updatesText(ota)}`,
  ];
  if (interfaces.length > 0) lines.push('', 'network    (today and this month, UTC, by the device clients)');
  for (const use of interfaces) {
    const all = use.kernel === null ? '' : `, all programs since boot ${formatAmount(use.kernel)}`;
    lines.push(
      `  ${use.interface}: today ${formatAmount(use.today)}, month ${formatAmount(use.month)}${all}`,
    );
  }
  lines.push('', budget.length === 0 ? 'budget     none' : 'budget');
  for (const use of budget) lines.push(...budgetLines(use));
  if (apps.length > 0) lines.push('', 'apps');
  for (const app of apps) {
    const before = app.previous === null ? '' : `, before it ${app.previous}`;
    lines.push(`  ${app.name} ${app.version}${before}${app.signed ? '' : ', not signed'}`);
  }
  if (installs.length > 0) lines.push('', 'installs');
  for (const { tarball, state, waits } of installs) {
    const until = waits?.until ? `, until ${waits.until}` : '';
    lines.push(`  ${tarball}: ${state}${waits ? `, waits (${waits.for}): ${waits.text}${until}` : ''}`);
  }
  if (refused.length > 0) lines.push('', 'not installed');
  for (const { tarball, because, reason, at } of refused) {
    lines.push(`  ${tarball}${because === null ? '' : ` (${because})`}: ${reason} [${at}]`);
  }
  if (untold > 0) lines.push('', `${untold} texts for the platform wait for the next check-in`);
  return lines.join('\n');
}

function updatesText({ verify, root_sha256: root, targets }: GatewayStatus['ota']): string {
  const pinned = root === undefined ? 'no root is pinned' : `the pinned root has sha256 ${root}`;
  const known = targets === undefined ? '' : `, version ${targets} of the targets is known`;
  const taken = { required: 'only signed ones', off: 'any (verify = off)', unpinned: 'any' }[verify];
  return `${taken}; ${pinned}${known}`;
}

function budgetLines({ interfaces, today, month, waits }: BudgetUse): string[] {
  const spans = [
    ...(today ? [limitText('today', today)] : []),
    ...(month ? [limitText('this month', month)] : []),
  ];
  return [
    `  ${interfaces}: ${spans.join('; ')}`,
    ...waits.map(
      (wait) =>
        `    ${wait.class} waits until ${wait.until} (${heldBack[wait.class] ?? wait.class}): ${wait.because}`,
    ),
  ];
}

function limitText(span: string, { limit, used, left }: LimitUse): string {
  return `${span} ${formatAmount(used)} of ${formatAmount(limit)} used, ${formatAmount(left)} left`;
}
