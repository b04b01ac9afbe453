import { join } from 'node:path';
import { npmPackage } from '@gateway-engine/testkit';

interface SyntaxNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly type: { readonly isError: boolean };
}

interface PromqlParser {
  parse(text: string): { iterate(visit: { enter(node: SyntaxNode): void }): void };
}

/** The grammar of Prometheus' own editor. */
export async function promqlParser(): Promise<PromqlParser> {
  const folder = npmPackage('@prometheus-io/lezer-promql', '0.315.0');
  const { parser } = (await import(join(folder, 'dist', 'index.es.js'))) as { parser: PromqlParser };
  return parser;
}

/** The metrics that an expression names. Throws when it is not PromQL. Variables of Grafana may stand in it. */
export function metricsOf(parser: PromqlParser, expression: string): string[] {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const names: string[] = [];
  let parent = '';
  parser.parse(text).iterate({
    enter({ name, from, to, type }) {
      if (type.isError) throw new Error(`no PromQL at "${text.slice(from, from + 20)}": ${expression}`);
      if (name === 'Identifier' && parent === 'VectorSelector') names.push(text.slice(from, to));
      parent = name;
    },
  });
  return names;
}
