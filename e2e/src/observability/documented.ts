import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

export interface ObservabilityPage {
  readonly metrics: readonly DocumentedMetric[];
  readonly fields: ReadonlySet<string>;
}

/** What the page about observability lists: rows that begin with a name, of metrics with type, labels and meaning. */
export async function observabilityPage(root: string): Promise<ObservabilityPage> {
  const text = await readFile(join(root, 'docs', 'observability.md'), 'utf8');
  const [beforeLogs = '', logs = ''] = text.split('\n## Logs\n');
  const metrics = beforeLogs.matchAll(
    /^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) \| [^|]* \| (.+) \|$/gm,
  );
  const fields = logs.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm);
  return {
    metrics: Array.from(metrics, ([, name = '', type = '', help = '']) => ({ name, type, help })),
    fields: new Set(Array.from(fields, ([, names = '']) => names.replaceAll('`', '').split(', ')).flat()),
  };
}
