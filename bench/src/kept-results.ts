import { machine } from './machine.ts';
import { changeMarkedText, tableHead, tableRow } from './marked-text.ts';
import type { Result } from './result.ts';

const page = new URL('../../docs/performance.md', import.meta.url);

/** Notes the figures of one run on the page, in place of those of the run before. */
export async function keepResults(bench: string, results: readonly Result[]): Promise<void> {
  const head = tableHead(['what', 'ours', 'beside it', 'goal', 'met']);
  const rows = results.map(({ metric, unit, ours, peer, theirs, goal, met }) =>
    tableRow([
      metric,
      `${shown(ours)} ${unit}`,
      theirs === null ? peer : `${shown(theirs)} ${unit}: ${peer}`,
      goal,
      goal === 'stated' ? '' : met ? 'yes' : '**no**',
    ]),
  );
  const text = `\nOn ${machine()}:\n\n${head}${rows.join('')}\n`;
  await changeMarkedText(page, `bench ${bench}`, () => text);
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
