import { parseArgs } from 'node:util';
import { UsageError } from '@gateway-engine/host';
import { soaks } from './soaks.ts';

export interface SoakPlan {
  readonly name: string;
  readonly rounds: number;
  readonly seed: number;
  /** Run the queue on Node.js rather than compiled. */
  readonly node: boolean;
  /** Note the result on the page. */
  readonly keep: boolean;
}

const usage = `npm run soak -- NAME [ROUNDS] [--seed N] [--node] [--keep], or --list; NAME is one of ${Object.keys(soaks).join(', ')}`;

/** What the command line asks for; `list`: the names. Throws UsageError. */
export function parsePlan(args: readonly string[]): SoakPlan | 'list' {
  const { values, positionals } = parse(args);
  if (values.list) return 'list';
  const [name = '', rounds, ...rest] = positionals;
  const soak = soaks[name];
  if (!soak || rest.length > 0) throw new UsageError(usage);
  return {
    name,
    rounds: rounds === undefined ? soak.rounds : positive(rounds, 'ROUNDS'),
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : positive(values.seed, '--seed'),
    node: values.node,
    keep: values.keep,
  };
}

function parse(args: readonly string[]) {
  const off = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { seed: { type: 'string' }, list: off, node: off, keep: off },
    });
  } catch (cause) {
    throw new UsageError(usage, { cause });
  }
}

function positive(text: string, what: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`${what} is ${text}, not a whole number from 1; ${usage}`);
  return Number(text);
}
