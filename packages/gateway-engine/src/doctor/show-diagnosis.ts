import type { Colours } from '@gateway-engine/host/command-line';
import type { Finding, Outcome } from './finding.ts';

const paints = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** As lines for a person: the areas in order, under each finding what to do about it, at the end how many of which. */
export function showDiagnosis(findings: readonly Finding[], colours: Colours): string[] {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines: string[] = [];
  let area = '';
  for (const { name, outcome, found, advice } of findings) {
    const [own = ''] = name.split('.');
    if (area !== '' && own !== area) lines.push('');
    area = own;
    const shown = colours[paints[outcome]](outcome.padEnd(7));
    lines.push(`${shown}  ${name.padEnd(width)}  ${found}`);
    if (advice !== undefined) lines.push(`${' '.repeat(9)}${' '.repeat(width)}  -> ${advice}`);
  }
  return [...lines, '', summaryOf(findings)];
}

export function summaryOf(findings: readonly Finding[]): string {
  const count = (outcome: Outcome) => findings.filter((each) => each.outcome === outcome).length;
  const checks = `${findings.length} checks: ${count('ok')} ok, ${count('warning')} ${count('warning') === 1 ? 'warning' : 'warnings'}, ${count('failed')} failed, ${count('skipped')} skipped`;
  return count('failed') === 0 ? `${checks}; nothing has failed` : checks;
}
